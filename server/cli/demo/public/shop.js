// The little that a shop's page does by itself: the chat comes from `widget.js`.
const count = document.getElementById("count");
document.getElementById("add")?.addEventListener("click", () => {
  count.textContent = String(Number(count.textContent) + 1);
});
