"use strict";

// What the guide can do beyond being read: tabs for languages, copying, hits while somebody types. All of it works
// without this script as well, but for copying.

const KEPT_LANGUAGE = "profiles-guide-language";
const TYPING_MILLISECONDS = 150;

document.documentElement.classList.add("has-script");

const store = {
  // A browser may refuse to keep anything.
  get: () => {
    try {
      return localStorage.getItem(KEPT_LANGUAGE);
    } catch {
      return null;
    }
  },
  set: (language) => {
    try {
      localStorage.setItem(KEPT_LANGUAGE, language);
    } catch {
      // Then it holds for this page.
    }
  },
};

const made = (tag, properties) => Object.assign(document.createElement(tag), properties);

// Tabs ------------------------------------------------------------------------------------------------------------

function show(step, language) {
  const tabs = [...step.querySelectorAll("[role=tab]")];
  const chosen = tabs.find((tab) => tab.dataset.language === language);
  if (!chosen) {
    return;
  }
  for (const tab of tabs) {
    const isChosen = tab === chosen;
    tab.setAttribute("aria-selected", String(isChosen));
    tab.tabIndex = isChosen ? 0 : -1;
    document.getElementById(tab.getAttribute("aria-controls")).hidden = !isChosen;
  }
}

function choose(tab) {
  // What stands above changes its height: the tab stays where it is in the window.
  const before = tab.getBoundingClientRect().top;
  for (const step of document.querySelectorAll(".step")) {
    show(step, tab.dataset.language);
  }
  window.scrollBy({ top: tab.getBoundingClientRect().top - before, behavior: "instant" });
  store.set(tab.dataset.language);
}

function move(event) {
  const tabs = [...event.currentTarget.querySelectorAll("[role=tab]")];
  const place = tabs.indexOf(event.target);
  const places = { ArrowLeft: place - 1, ArrowRight: place + 1, Home: 0, End: tabs.length - 1 };
  if (place < 0 || !(event.key in places)) {
    return;
  }
  event.preventDefault();
  const next = tabs.at(places[event.key] % tabs.length);
  choose(next);
  next.focus();
}

function makeTabs(step, number) {
  const list = made("div", { className: "tabs", role: "tablist", ariaLabel: "Language" });
  step.querySelectorAll(".code").forEach((figure, place) => {
    const panel = made("div", { id: `step-${number}-${place}`, role: "tabpanel" });
    const tab = made("button", { type: "button", role: "tab", id: `tab-${number}-${place}` });
    tab.textContent = figure.querySelector("figcaption").textContent;
    tab.dataset.language = figure.dataset.language;
    tab.setAttribute("aria-controls", panel.id);
    tab.addEventListener("click", () => choose(tab));
    panel.setAttribute("aria-labelledby", tab.id);
    figure.replaceWith(panel);
    panel.append(figure);
    list.append(tab);
  });
  list.addEventListener("keydown", move);
  step.prepend(list);
  show(step, list.firstElementChild.dataset.language);
  show(step, store.get());
  step.classList.add("is-ready");
}

// Copying ---------------------------------------------------------------------------------------------------------

function makeCopy(figure) {
  const button = made("button", { type: "button", className: "copy", textContent: "Copy" });
  button.setAttribute("aria-label", `Copy: ${figure.querySelector("figcaption").textContent}`);
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(figure.querySelector("code").textContent);
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = "Copy"), 2000);
  });
  figure.append(button);
}

// Search ----------------------------------------------------------------------------------------------------------

function makeSearch(form) {
  const input = form.elements.q;
  const told = document.getElementById("told");
  const panel = document.getElementById("suggestions");
  // On the page of hits they change in their place.
  const onPage = document.getElementById("hits");
  const target = onPage ?? panel;
  let waiting = 0;
  let asked = "";

  const close = () => {
    panel.hidden = true;
  };

  async function look() {
    const query = input.value.trim();
    asked = query;
    if (!query) {
      close();
      return;
    }
    const answer = await fetch(`/guide/?q=${encodeURIComponent(query)}`);
    const hits = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("hits");
    if (asked !== query || !hits) {
      return;
    }
    target.replaceChildren(...hits.childNodes);
    const count = target.querySelectorAll(".hits > li").length;
    told.textContent = count === 1 ? "1 hit" : `${count} hits`;
    panel.hidden = target !== panel;
  }

  input.addEventListener("input", () => {
    clearTimeout(waiting);
    // A service that is away leaves the form, which can be sent.
    waiting = setTimeout(() => look().catch(close), TYPING_MILLISECONDS);
  });
  form.addEventListener("keydown", (event) => {
    const stops = [input, ...target.querySelectorAll("a")];
    const place = stops.indexOf(event.target);
    if (event.key === "Escape") {
      close();
      input.focus();
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && place >= 0 && !panel.hidden) {
      event.preventDefault();
      stops[(place + (event.key === "ArrowDown" ? 1 : stops.length - 1)) % stops.length].focus();
    }
  });
  document.addEventListener("click", (event) => form.contains(event.target) || close());
}

// Boxes -----------------------------------------------------------------------------------------------------------

// A box takes the focus only where there is something to scroll.
function watchBoxes() {
  const watched = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      if (target.scrollWidth > target.clientWidth) {
        target.tabIndex = 0;
      } else {
        target.removeAttribute("tabindex");
      }
    }
  });
  document.querySelectorAll(".table, .code pre").forEach((box) => watched.observe(box));
}

// Marks the section that is being read in the list of sections.
function watchSections() {
  const links = new Map();
  for (const link of document.querySelectorAll(".contents a")) {
    links.set(decodeURIComponent(link.hash.slice(1)), link);
  }
  const headings = [...links.keys()].map((id) => document.getElementById(id));
  const mark = () => {
    const here = headings.findLast((heading) => heading.getBoundingClientRect().top < innerHeight / 3);
    links.forEach((link, id) => link.classList.toggle("is-here", id === here?.id));
  };
  addEventListener("scroll", mark, { passive: true });
  mark();
}

document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll(".step").forEach(makeTabs);
  document.querySelectorAll(".code").forEach(makeCopy);
  makeSearch(document.querySelector("form[role=search]"));
  watchBoxes();
  watchSections();
});
