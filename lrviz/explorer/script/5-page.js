// The page as a whole, in an element that has its body already.

const LARGE = 100000; // updates from which on the page says what they take
const PATIENCE = 400; // milliseconds after which it says what it is at

// Notes of the command line as a page says them, which has controls in place of options.
function withoutOptions(notes) {
  return notes.map((each) => each.replace(/ \(say otherwise with [^)]*\)/, ""));
}

// first: what the server knows and shows at first; post: see `Asking`; changed(page): the state
// or how it is looked at is another one.
function mount(root, first, post, changed = () => {}) {
  const $ = (id) => root.querySelector(`#${id}`);
  const names = {presets: first.presets, classes: first.classes, optimizers: first.optimizers};
  let figure = null;
  let pace = 0; // seconds an update, of the last simulation
  let waiting = null;
  let wanted = null; // how the figure is looked at, as an address has it
  const page = {
    settled: 0, // answers that were shown whole
    empty: true, // there is no curve
    commits: false, // what was done since the last address is a step of its own
    get figure() {
      return figure;
    },
    get state() {
      return {...asking.state, view: figure ? looked() : null};
    },
    show(state) {
      wanted = state.view ?? null;
      asking.set(state);
      listSources();
    },
    say,
    copy,
  };

  function say(text) {
    $("status").textContent = text;
  }

  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      say("Copied.");
    } catch {
      say("The browser does not allow it; select the text and copy it.");
    }
  }

  function cost(updates, seconds) {
    if (seconds > 0.01) pace = seconds / updates;
    $("cost").hidden = updates <= LARGE && seconds < 1; // many param groups take long, too
    const takes = (updates * pace).toLocaleString("en", {maximumSignificantDigits: 2});
    $("cost").textContent =
      `${updates.toLocaleString("en")} updates, all of which are stepped again at each change` +
      (pace ? `: it takes about ${takes} s.` : ".");
  }

  const asking = new Asking(post, {
    draw(head, data) {
      clearTimeout(waiting);
      if ($("status").textContent.endsWith("...")) say("");
      $("work").hidden = false;
      if (data) {
        if (figure) figure.update(data);
        else figure = $("figure").figure = new LrvizFigure($("figure"), data);
        if (wanted) look(wanted);
        wanted = null;
      }
      page.empty = !data;
      $("figure").hidden = !figure;
      $("figure").classList.toggle("old", !data);
      cost(head.updates, head.seconds);
      blame(head.problems);
      $("spec").textContent = head.spec;
      changed(page);
    },
    words(answer) {
      controls.show(answer.sections);
      blame(answer.problems);
      const select = (update) => figure?.select(update);
      $("table").replaceChildren(...(answer.table ? tableOf(answer.table, select) : []));
      $("found").replaceChildren(foundOf(answer.found, answer.notes, select));
      $("command").textContent = answer.command;
      $("code").replaceChildren(...codeOf(answer.code, copy));
      page.settled++;
    },
    failed: say,
  });

  const controls = new Controls($("sections"), names, (action, path, text, done) => {
    page.commits ||= done;
    say("");
    asking.edit(action, path, text);
    clearTimeout(waiting);
    waiting = setTimeout(() => asking.running && say("Stepping the schedulers ..."), PATIENCE);
  });

  function blame(problems) {
    const rest = controls.problems(problems);
    for (const each of $("sources").querySelectorAll(".problem")) each.hidden = true;
    const list = rest.filter(({path, message}) => {
      const said = `[data-source="${CSS.escape(path[1] ?? "")}"]`;
      const row = path[0] === "sources" ? $("sources").querySelector(said) : null;
      if (!row) return true;
      row.textContent = message;
      row.hidden = false;
      return false;
    });
    $("problems").replaceChildren(...list.map(({message}) => element("li", {text: message})));
    $("problems").hidden = !list.length;
  }

  // How the figure is looked at, and looking at it so again.
  function looked() {
    return {...figure.state, off: [...figure.off], window: figure.window};
  }

  function look({off, window, ...state}) {
    const known = Object.entries(state).filter(([name]) => name in figure.state);
    Object.assign(figure.state, Object.fromEntries(known));
    figure.off = new Set(Array.isArray(off) ? off.map(String) : []);
    const numbers = Array.isArray(window) && window.length === 2 && window.every(Number.isFinite);
    figure.window = numbers && window[0] < window[1] ? window : null;
    figure.setGroups(figure.state.groups);
  }

  function listSources() {
    const rows = asking.state.sources.map((source) => {
      const remove = element("button", {
        type: "button",
        text: "Remove",
        "aria-label": `Remove ${source}`,
        onclick: () => setSources(asking.state.sources.filter((each) => each !== source)),
      });
      const problem = element("p", {class: "problem", "data-source": source, hidden: true});
      const text = first.said[source];
      const said = text ? element("span", {class: "said", text}) : null;
      const name = element("span", {class: "name", text: source});
      return element("div", {class: "row source"}, name, remove, said, problem);
    });
    $("sources").replaceChildren(...rows);
    const gone = first.sources.filter((each) => !asking.state.sources.includes(each));
    const named = gone.length ? [["Named on the command line", gone.map((each) => [each])]] : [];
    const value = $("add").value || names.presets[0][0];
    const all = [...named, ["Presets", names.presets], ["PyTorch's schedulers", names.classes]];
    options($("add"), all, value);
  }

  function setSources(sources) {
    page.commits = true;
    asking.state.sources = sources;
    listSources();
    asking.ask();
  }

  $("adding").addEventListener("submit", (event) => {
    event.preventDefault();
    page.commits = true;
    const name = $("add").value;
    if (first.sources.includes(name)) setSources([...asking.state.sources, name]);
    else asking.edit("add", [], name);
  });

  // reading: of each thing that was chosen its name, and a promise of what became of it.
  async function load(box, reading) {
    const problems = [];
    const told = [];
    for (const [name, read] of reading) {
      try {
        const found = await read();
        page.commits = true;
        if (found.source) setSources([...asking.state.sources, found.source]);
        else if (found.config) asking.edit("read", [], found.config);
        else asking.edit("merge", [], found.spec);
        told.push(`Loaded ${name}.`, ...withoutOptions(found.notes ?? []));
      } catch (error) {
        problems.push(error.message);
      }
    }
    say(told.join(" "));
    $("load-problem").textContent = problems.join("\n");
    $("load-problem").hidden = !problems.length;
    box.value = "";
  }

  $("load").addEventListener("change", ({target}) =>
    load(target, [...target.files].map((file) => [file.name, () => loadFile(post, file)])),
  );
  $("load-folder").addEventListener("change", ({target}) => {
    const files = [...target.files];
    const name = files[0]?.webkitRelativePath.split("/")[0];
    load(target, files.length ? [[name, () => loadFolder(post, files, first.logs)]] : []);
  });

  $("save").addEventListener("click", () => {
    const href = URL.createObjectURL(new Blob([asking.state.spec], {type: "application/yaml"}));
    element("a", {href, download: "explored.yaml"}).click();
    setTimeout(() => URL.revokeObjectURL(href), 1000);
  });

  for (const button of root.querySelectorAll(".copy[data-copies]"))
    button.addEventListener("click", () => copy($(button.dataset.copies).textContent));
  const shown = () => root.style.setProperty("--lrviz-shown", `${$("shown").offsetHeight}px`);
  new ResizeObserver(shown).observe($("shown"));
  $("figure").addEventListener("lrviz:drawn", () => changed(page));
  say(withoutOptions(first.notes).join("; "));
  return Object.assign(page, {asking, controls});
}
