// The pages work without this. A form that was sent is not sent again while its answer is on the way.
"use strict";
document.addEventListener("submit", (event) => {
  const button = event.submitter ?? event.target.querySelector("button");
  if (event.target.dataset.sent) {
    event.preventDefault();
    return;
  }
  if (event.target.method === "post") {
    event.target.dataset.sent = "1";
    button?.setAttribute("aria-busy", "true");
  }
});
// A page that comes back from the browser's history can be used again.
window.addEventListener("pageshow", () => {
  document.querySelectorAll("form[data-sent]").forEach((form) => {
    delete form.dataset.sent;
    form.querySelectorAll("[aria-busy]").forEach((button) => button.removeAttribute("aria-busy"));
  });
});
