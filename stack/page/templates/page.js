"use strict";
// Countdowns tick; the first page renews itself while nobody types; an incident's page says when there is news.
const inWords = (seconds) => {
  const units = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]].filter(([size]) => seconds >= size).slice(0, 2);
  let left = seconds;
  const said = units.map(([size, name]) => { const count = Math.floor(left / size); left -= count * size; return count ? `${count} ${name}` : ""; });
  return said.filter(Boolean).join(" ") || "now";
};
const tick = () => {
  for (const one of document.querySelectorAll("[data-until]")) {
    one.textContent = inWords(Math.max(0, Math.round((Date.parse(one.dataset.until) - Date.now()) / 1000)));
  }
};
tick();
setInterval(tick, 1000);
const busy = () => (document.activeElement && ["INPUT", "SELECT"].includes(document.activeElement.tagName)) || document.querySelector("details.call-off[open]");
const renew = Number(document.body.dataset.renew || 0);
if (renew) setInterval(() => { if (!document.hidden && !busy()) location.reload(); }, renew * 1000);
const known = document.body.dataset.news;
if (known) {
  setInterval(async () => {
    if (document.hidden) return;
    const answer = await fetch(`${location.pathname}/news`, { headers: { accept: "text/plain" } }).catch(() => null);
    if (answer && answer.ok && (await answer.text()) !== known) document.querySelector(".news").hidden = false;
  }, 5000);
}
