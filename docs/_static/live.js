// Sliders and menus of the figures that docs/live.py has drawn frame by frame.
function live(figure, number) {
  const image = figure.querySelector("img");
  const controls = JSON.parse(figure.dataset.controls);
  const alone = figure.dataset.alone === "1";
  const at = controls.map((control) => control.start);
  const box = document.createElement("figcaption");
  let loaded = false;

  const address = (frame) => `${figure.dataset.frames}${frame}.webp`;
  const total = controls.reduce((n, c) => (alone ? n + c.values.length : n * c.values.length), alone ? 0 : 1);

  function frame(moved) {
    if (!alone) return at.reduce((n, place, k) => n * controls[k].values.length + place, 0);
    return controls.slice(0, moved).reduce((n, c) => n + c.values.length, 0) + at[moved];
  }
  function load() {
    if (loaded) return;
    loaded = true;
    for (let k = 0; k < total; k += 1) new Image().src = address(k);
  }
  function show(moved) {
    if (alone) controls.forEach((control, k) => { if (k !== moved) place(k, control.start); });
    image.src = address(frame(moved));
    image.alt = `The figure for ${controls.map((c, k) => `${c.name} ${c.values[at[k]]}`).join(", ")}`;
  }
  function place(k, value) {
    at[k] = value;
    inputs[k].value = value;
    inputs[k].setAttribute("aria-valuetext", controls[k].values[value]);
    if (outputs[k]) outputs[k].textContent = controls[k].values[value];
  }

  const outputs = [];
  const inputs = controls.map((control, k) => {
    const id = `live-${number}-${k}`;
    const label = document.createElement("label");
    label.htmlFor = id;
    label.textContent = control.name;
    const input = document.createElement(control.menu ? "select" : "input");
    input.id = id;
    if (control.menu) {
      control.values.forEach((value, n) => input.add(new Option(value, n)));
    } else {
      Object.assign(input, { type: "range", min: 0, max: control.values.length - 1, step: 1 });
    }
    const line = document.createElement("div");
    line.append(label, input);
    if (!control.menu) {
      outputs[k] = document.createElement("output");
      outputs[k].htmlFor = id;
      line.append(outputs[k]);
    }
    input.addEventListener("input", () => { place(k, Number(input.value)); show(k); });
    input.addEventListener("focus", load);
    box.append(line);
    return input;
  });
  controls.forEach((control, k) => place(k, control.start));
  if (alone) {
    const note = document.createElement("p");
    note.textContent = "Here one slider moves at a time; in a notebook they move together.";
    box.append(note);
  }
  box.addEventListener("pointerenter", load);
  figure.append(box);
}

document.addEventListener("DOMContentLoaded", () => document.querySelectorAll("figure.live").forEach(live));
