// Runs before the page is painted: what only scripts can do is shown, plain ways are hidden.
document.documentElement.classList.add("live");
