// Finding a pseudonym in the list, as one types.
affectbox.mounted(".finder", (place) => {
  const field = place.matches("input") ? place : place.querySelector("input");
  const find = () => {
    const wanted = field.value.trim().toLowerCase();
    const rows = [...document.querySelectorAll(".findable tbody tr")];
    let found = 0;
    for (const row of rows) {
      row.hidden = !row.dataset.find.includes(wanted);
      found += row.hidden ? 0 : 1;
    }
    const none = document.querySelector(".none-found");
    if (none) none.hidden = found > 0 || rows.length === 0;
  };
  field.addEventListener("input", find);
  return () => field.removeEventListener("input", find);
});
