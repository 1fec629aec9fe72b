// Times and numbers in words.

export function clock(seconds, tenths = false) {
  const all = tenths ? Math.round(seconds * 10) / 10 : Math.floor(seconds + 1e-6);
  const hours = Math.floor(all / 3600);
  const minutes = Math.floor(all / 60) % 60;
  const rest = (all % 60).toFixed(tenths ? 1 : 0).padStart(tenths ? 4 : 2, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

export function spoken(seconds) {
  const minutes = Math.floor(seconds / 60);
  const rest = Math.round(seconds % 60);
  const parts = [[minutes, "minute"], [rest, "second"]].filter(([count], at) => count || at);
  return parts.map(([count, word]) => `${count} ${word}${count === 1 ? "" : "s"}`).join(" ");
}

// The time of day by the clock of a zone that is so many seconds ahead of UTC; "" where nobody knows it.
export function ofDay(wall, [ahead, zone]) {
  if (wall === null) return "";
  const at = new Date((wall + ahead) * 1000).toISOString().slice(11, 19);
  return `${at} ${zone}`;
}

// What a row says, the strongest first: [{key, name, tier, value, left, right}], of FACS A and above.
export function shown(track, row) {
  if (row < 0 || track.why(row)) return [];
  const found = track.units.map(([key, name, tier, sided]) => {
    const [value, left, right] = ["", "L", "R"].map((side) => track.intensity(key, row, side));
    const differ = sided && Math.abs(left - right) >= 0.1;
    const most = Math.max(value || 0, left || 0, right || 0);
    return { key, name, tier, value, most, left: differ ? left : NaN, right: differ ? right : NaN };
  });
  return found.filter((one) => one.most >= 1).sort((one, other) => other.most - one.most);
}

export function sides({ left, right }) {
  return Number.isNaN(left) ? "" : `left ${left.toFixed(1)}, right ${right.toFixed(1)}`;
}
