
"use strict";
// The page is whole without this: here are only the filter, its address, folding and the keyboard.
(() => {
  const byId = (id) => document.getElementById(id);
  const panel = byId("filters");
  const search = byId("q");
  const boxes = [...panel.querySelectorAll("input[type=checkbox]")];
  const selects = [...panel.querySelectorAll("select")];
  const cards = [...document.querySelectorAll(".card")];
  const SEARCHED = ".id, .variant, .what, .message, .test";
  const texts = new Map(
    cards.map((card) => [card, [...card.querySelectorAll(SEARCHED)].map((part) => part.textContent).join("\n").toLowerCase()]),
  );
  let writing;

  const state = () => {
    const wanted = new URLSearchParams();
    boxes.filter((box) => box.checked).forEach((box) => wanted.append("verdict", box.value));
    selects.filter((select) => select.value).forEach((select) => wanted.set(select.name, select.value));
    if (search.value.trim()) wanted.set("q", search.value.trim());
    return wanted;
  };

  const fits = (card, wanted) => {
    const words = (wanted.get("q") || "").toLowerCase().split(/\s+/);
    const verdicts = wanted.getAll("verdict");
    return (
      (!verdicts.length || verdicts.includes(card.dataset.verdict)) &&
      selects.every((select) => !select.value || card.dataset[select.name] === select.value) &&
      words.every((word) => texts.get(card).includes(word))
    );
  };

  const show = () => {
    const wanted = state();
    cards.forEach((card) => (card.hidden = !fits(card, wanted)));
    const shown = cards.filter((card) => !card.hidden).length;
    byId("count").textContent = `${shown} of ${cards.length} shown`;
    byId("nothing").hidden = shown > 0 || !cards.length;
  };

  const writeAddress = () => {
    const hash = state().toString();
    history.replaceState(null, "", location.href.split("#")[0] + (hash && `#${hash}`));
  };

  const changed = () => {
    show();
    // Browsers refuse to have the address changed at every key.
    clearTimeout(writing);
    writing = setTimeout(writeAddress, 200);
  };

  const fill = (wanted) => {
    boxes.forEach((box) => (box.checked = wanted.getAll("verdict").includes(box.value)));
    selects.forEach((select) => {
      const value = wanted.get(select.name) || "";
      select.value = [...select.options].some((option) => option.value === value) ? value : "";
    });
    search.value = wanted.get("q") || "";
    show();
  };

  const clear = () => {
    fill(new URLSearchParams());
    changed();
  };

  const reveal = (card) => {
    if (card.hidden) fill(new URLSearchParams());
    card.open = true;
    card.scrollIntoView();
    card.querySelector("summary").focus({ preventScroll: true });
  };

  const follow = () => {
    clearTimeout(writing);
    const hash = location.hash.slice(1);
    const target = byId(hash);
    if (target && texts.has(target)) {
      reveal(target);
    } else if (!hash || hash.includes("=")) {
      fill(new URLSearchParams(hash));
      if (hash) byId("scenarios").scrollIntoView();
    }
  };

  const fold = (open) => () => cards.filter((card) => !card.hidden).forEach((card) => (card.open = open));

  panel.addEventListener("input", changed);
  byId("clear").addEventListener("click", clear);
  byId("unfold").addEventListener("click", fold(true));
  byId("fold").addEventListener("click", fold(false));
  addEventListener("hashchange", follow);
  addEventListener("click", (event) => {
    // A link to where the address is already changes nothing, yet its scenario may be folded or filtered out.
    const link = event.target.closest("a");
    if (link && link.getAttribute("href") === location.hash) follow();
  });
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.key === "/" && event.target !== search) {
      event.preventDefault();
      search.focus();
    } else if (event.key === "Escape") {
      clear();
    }
  });
  panel.hidden = false;
  follow();
})();
