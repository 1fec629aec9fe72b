/* Before anything is drawn: dark or light as the coder chose, else as the machine is set. */
document.documentElement.dataset.theme = localStorage.getItem("affectbox-coding-theme") ?? "";
