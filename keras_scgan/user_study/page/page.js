"use strict";
(() => {
  const study = JSON.parse(document.getElementById("study").textContent);
  const key = `user-study-${study.id}`;
  const byId = (id) => document.getElementById(id);
  const state = load() ?? { rater: randomId(), at: 0, answers: {} };
  const screens = study.kind === "scores" ? groupScreens() : pairScreens();

  // === What a rater sees, in an order of the rater's own ===

  function randomId() {
    return [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  /** The generator mulberry32: the order of a rater is the same each time. */
  function randomOf(seed) {
    return () => {
      seed = (seed + 0x6d2b79f5) | 0;
      let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
      t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
      return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
    };
  }

  function shuffled(items, random) {
    const copy = [...items];
    for (let i = copy.length - 1; i > 0; i--) {
      const j = Math.floor(random() * (i + 1));
      [copy[i], copy[j]] = [copy[j], copy[i]];
    }
    return copy;
  }

  function groupScreens() {
    const random = randomOf(parseInt(state.rater.slice(0, 8), 16));
    return shuffled(study.groups, random).map((group) => shuffled(group, random));
  }

  function pairScreens() {
    const random = randomOf(parseInt(state.rater.slice(0, 8), 16));
    const pairs = study.groups.flatMap((group) =>
      group.flatMap((first, i) => group.slice(i + 1).map((second) => shuffled([first, second], random))));
    return shuffled(pairs, random).slice(0, study.questions ?? Infinity);
  }

  // === Answers ===

  function load() {
    try {
      return JSON.parse(localStorage.getItem(key));
    } catch {
      return null;
    }
  }

  function store() {
    try {
      localStorage.setItem(key, JSON.stringify(state));
    } catch {
      byId("warning").hidden = false;
    }
  }

  const nameOf = (screen) => screen.join(" ");

  function isAnswered(screen) {
    if (study.kind === "pairs") return nameOf(screen) in state.answers;
    return screen.every((picture) => study.scales.every(({ name }) => state.answers[picture]?.[name] !== undefined));
  }

  function answersOf(screen) {
    if (study.kind === "pairs") return [{ left: screen[0], right: screen[1], chosen: state.answers[nameOf(screen)] }];
    return screen.map((picture) => ({ picture, ...state.answers[picture] }));
  }

  function save() {
    const answers = screens.filter(isAnswered).flatMap(answersOf);
    const file = { study: study.id, kind: study.kind, rater: state.rater, answers };
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([JSON.stringify(file)], { type: "application/json" }));
    link.download = `answers-${state.rater}.json`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  // === Screens: 0 is the introduction, the one after the questions is the end ===

  function element(tag, properties = {}, ...children) {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children);
    return made;
  }

  const image = (picture, alt) => element("img", { src: `pictures/${picture}.jpg`, alt });

  function introduction() {
    const keys = study.kind === "pairs"
      ? "With a keyboard: the arrow to the left chooses A, that to the right B; Backspace goes back."
      : "With a keyboard: Tab goes on, 0 to 9 and T (ten) score, Enter opens the next group.";
    const asked = study.kind === "pairs"
      ? [element("p", {}, "Of each two pictures of one photo, choose the one whose colours look better to you.")]
      : [element("p", {}, "Score each picture from 0 to 10:"),
         element("ul", {}, ...study.scales.map(({ title, text }) =>
           element("li", {}, element("strong", {}, title), `: ${text}`)))];
    return [element("h1", {}, "Which colours are right?"),
      element("p", {}, `You will see ${screens.length} ${study.kind === "pairs" ? "pairs" : "groups"} of pictures. ` +
        "They come in random order, and nothing tells how each was made."),
      ...asked,
      element("p", {}, keys),
      element("p", {}, "Your answers stay in this browser until you save them as a file at the end, which you send " +
        "back. You can stop at any time, and go on later where you were.")];
  }

  function ending() {
    const left = screens.filter((screen) => !isAnswered(screen)).length;
    return [element("h1", {}, "Thank you"),
      element("p", {}, left ? `${left} are not answered yet.` : "That was all."),
      element("p", {}, "Save your answers, and send the file back to whom you have this page from.")];
  }

  function scale(picture, { name, title, low, high }) {
    const radios = Array.from({ length: 11 }, (_, score) => {
      const radio = element("input", { type: "radio", name: `${picture}-${name}`, value: score });
      radio.checked = state.answers[picture]?.[name] === score;
      radio.addEventListener("change", () => {
        (state.answers[picture] ??= {})[name] = score;
        store();
        update();
      });
      return element("label", {}, radio, String(score));
    });
    const fieldset = element("fieldset", {}, element("legend", {}, `${title} (0: ${low}, 10: ${high})`),
      element("div", { className: "scale" }, ...radios));
    fieldset.addEventListener("keydown", (event) => {
      const score = event.key.toLowerCase() === "t" ? 10 : "0123456789".indexOf(event.key);
      if (score < 0 || event.key.length > 1 || event.ctrlKey || event.metaKey || event.altKey) return;
      const radio = radios[score].firstChild;
      radio.focus();
      radio.click();
    });
    return fieldset;
  }

  function group(screen) {
    const figures = screen.map((picture, i) => {
      const title = `Picture ${String.fromCharCode(65 + i)}`;
      return element("figure", { className: "picture" }, image(picture, title), element("figcaption", {}, title),
        ...study.scales.map((one) => scale(picture, one)));
    });
    return [element("div", { className: "group" }, ...figures)];
  }

  function choose(screen, side) {
    state.answers[nameOf(screen)] = screen[side];
    state.at++;
    store();
    show();
  }

  function pair(screen) {
    const buttons = screen.map((picture, side) => {
      const button = element("button", { type: "button" }, image(picture, ""), "AB"[side]);
      button.setAttribute("aria-label", `Picture ${"AB"[side]} is better`);
      button.setAttribute("aria-pressed", state.answers[nameOf(screen)] === picture);
      button.addEventListener("click", () => choose(screen, side));
      return button;
    });
    return [element("div", { className: "pair" }, ...buttons)];
  }

  const screenAt = () => screens[state.at - 1];

  function show() {
    state.at = Math.min(Math.max(state.at, 0), screens.length + 1);
    const screen = screenAt();
    const draw = study.kind === "pairs" ? pair : group;
    byId("main").className = screen ? "" : "text";
    byId("main").replaceChildren(...(screen ? draw(screen) : state.at ? ending() : introduction()));
    byId("main").focus({ preventScroll: true });
    window.scrollTo(0, 0);
    for (const picture of screens[state.at] ?? []) image(picture, ""); // loads those of the next screen
    update();
  }

  function update() {
    const screen = screenAt();
    byId("progress").value = screens.filter(isAnswered).length / screens.length;
    byId("place").textContent = screen ? `${state.at} of ${screens.length}` : "";
    byId("back").hidden = state.at === 0;
    byId("save").hidden = state.at === 0;
    byId("save").textContent = screen ? "Save answers so far" : "Save answers";
    byId("next").hidden = state.at > screens.length;
    byId("next").textContent = state.at ? "Next" : "Begin";
    byId("next").disabled = Boolean(screen) && !isAnswered(screen);
  }

  function go(step) {
    state.at += step;
    store();
    show();
  }

  byId("back").addEventListener("click", () => go(-1));
  byId("next").addEventListener("click", () => go(1));
  byId("save").addEventListener("click", save);
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const screen = screenAt();
    const side = ["ArrowLeft", "ArrowRight"].indexOf(event.key);
    if (study.kind === "pairs" && screen && side >= 0) {
      event.preventDefault();
      if (!event.repeat) choose(screen, side);
    } else if (event.key === "Backspace" && state.at > 0) {
      go(-1);
    } else if (event.key === "Enter" && event.target.tagName !== "BUTTON" && !byId("next").disabled && !byId("next").hidden) {
      go(1);
    }
  });
  store();
  show();
})();
