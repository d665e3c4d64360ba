// Explorers and predictions without a kernel. The pictures of an explorer come as a script, not by fetch,
// so that they load from the disk too. Chinese words come as one more.
const frames = {}, translated = {}, scripts = {};
window.bookFrames = (name, data) => { frames[name] = data; };
window.bookWords = (name, data) => { translated[name] = data; };

function fetched(source) {
  return scripts[source] ||= new Promise((go, fail) => {
    const script = document.createElement("script");
    script.src = source;
    script.onload = go;
    script.onerror = () => fail(new Error(`404: ${script.src}`));
    document.head.append(script);
  });
}

async function load(explorer) {
  const { name, frames: pictures, words } = explorer.dataset;
  await Promise.all([pictures, words].filter(Boolean).map(fetched));
  for (const [place, text] of Object.entries(translated[name] || {})) frames[name].at[place][2] = text;
  return frames[name];
}

function live(explorer) {
  const controls = [...explorer.querySelectorAll("input, select")];
  const frame = explorer.querySelector(".explorer-picture"), picture = frame.firstElementChild, first = picture.querySelector("img");
  const words = explorer.querySelector(".explorer-words em"), start = { src: first.src, alt: first.alt };
  const over = document.createElement("img");
  over.alt = "";
  explorer.querySelector(".explorer-controls").hidden = false;
  first.loading = "eager";

  function say(control) {
    if (control.type !== "range") return;
    const value = JSON.parse(control.dataset.values)[control.value];
    control.nextElementSibling.textContent = value;
    control.setAttribute("aria-valuetext", value);
  }

  async function show() {
    let data;
    try { data = await load(explorer); } catch (error) { words.textContent = error.message; return; }
    const [ground, number, text] = data.at[controls.map((control) => control.value).join("-")];
    const atStart = controls.every((control) => control.value === control.dataset.start);
    const webp = (content) => "data:image/webp;base64," + content;
    first.src = atStart ? start.src : webp(data.grounds[ground]);
    if (atStart) over.remove();
    else { over.src = webp(data.pictures[number]); picture.append(over); }
    first.alt = words.textContent = atStart ? start.alt : text;
  }

  const back = (control) => { control.value = control.dataset.start; say(control); };
  controls.forEach((control, i) => control.addEventListener("input", () => {
    const star = explorer.dataset.star;
    if (star && !(star === "first" && i === 0))
      controls.forEach((other, j) => { if (j !== i && !(star === "first" && j === 0)) back(other); });
    say(control);
    show();
  }));
  explorer.querySelector(".reset").addEventListener("click", () => { controls.forEach(back); show(); });
  const larger = explorer.querySelector(".larger"); // on a phone
  larger.addEventListener("click", () => {
    const large = frame.classList.toggle("large");
    larger.setAttribute("aria-pressed", large);
    frame.tabIndex = large ? 0 : -1;
  });
  const play = explorer.querySelector(".play");
  if (play) playing(play, controls.find((control) => control.type === "range"));
  controls.forEach(back); // a browser may have kept other values
}

// Moves a slider on to its end, a value each quarter of a second.
function playing(button, slider) {
  let timer = null;
  const label = button.textContent;
  const stop = () => { clearInterval(timer); timer = null; button.textContent = label; };
  button.addEventListener("click", () => {
    if (timer) return stop();
    if (slider.value === slider.max) slider.value = slider.min;
    button.textContent = button.dataset.pause;
    timer = setInterval(() => {
      if (slider.value === slider.max) return stop();
      slider.stepUp();
      slider.dispatchEvent(new Event("input"));
    }, 250);
  });
}

function predict(form) {
  const button = form.querySelector("button"), verdict = form.querySelector(".verdict");
  form.reset();
  form.addEventListener("change", () => { button.disabled = false; });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const chosen = form.querySelector("input:checked");
    const bytes = Uint8Array.from(atob(form.dataset.answer), (sign) => sign.charCodeAt(0));
    const { result, right, why, yours, truth, verdicts } = JSON.parse(new TextDecoder().decode(bytes));
    form.querySelector("fieldset").disabled = button.disabled = true;
    const line = (label, text, tag) => {
      const value = document.createElement(tag), row = document.createElement("div");
      value.textContent = text;
      row.append(label, " ", value);
      return row;
    };
    const last = document.createElement("div");
    last.innerHTML = `<strong>${verdicts[+right.includes(+chosen.value)]}</strong> ${why}`;
    verdict.replaceChildren(
      line(yours, chosen.parentElement.textContent.trim(), "span"),
      line(truth, result, "code"), last);
  });
}

// The same place in the other language: the anchor asked for as long as it is in sight, or what is read.
function place() {
  const top = (part) => part.getBoundingClientRect().top;
  const passed = [...document.querySelectorAll("article section section[id]")].filter((part) => top(part) < 150);
  const reading = passed.at(-1), asked = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (asked && Math.abs(top(asked)) < innerHeight / 2) return location.hash;
  return reading ? "#" + reading.id : "";
}

document.querySelectorAll("a.language").forEach((link) => {
  const page = link.href;
  link.addEventListener("click", () => { link.href = page + (place() || location.search); });
});
document.querySelectorAll(".explorer").forEach(live);
document.querySelectorAll(".prediction").forEach(predict);
// The theme calls this button "Search", and shows "Search Ctrl+K": a name has to hold what is seen.
document.querySelectorAll(".search-button-field").forEach((button) => button.removeAttribute("aria-label"));
window.addEventListener("beforeprint", () => {
  document.querySelectorAll(".cell details").forEach((output) => { output.open = true; });
});
