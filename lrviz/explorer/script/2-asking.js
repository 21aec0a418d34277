// Requests to the server: one at a time, of the newest state, and no older answer is shown.

const SLOW = 1000; // milliseconds after which a newer request does not wait for an older one

class Refused extends Error {}

const random = () => Math.random().toString(36).slice(2);

class Asking {
  // post(where, body, signal): a promise of the answer's bytes; rejected with Refused.
  constructor(post, show) {
    this.send = post;
    this.page = random(); // to tell pages apart
    this.show = show; // {draw(head, figure), words(answer), failed(message), asks(updates)}
    this.state = {spec: "", sources: [], configs: []};
    this.edits = []; // what the server has not put into the spec yet
    this.number = 0;
    this.running = null;
    this.again = false;
  }

  set(state) {
    this.state = {spec: state.spec, sources: state.sources, configs: state.configs};
    this.edits = [];
    this.ask();
  }

  // An edit of what was edited before, and not yet sent, takes its place.
  edit(action, path, text = "") {
    const key = JSON.stringify(path);
    const last = this.edits.at(-1);
    if (action === "set" && last?.action === "set" && !last.sent && last.key === key)
      this.edits.pop();
    this.edits.push({action, path, text, key, sent: 0});
    this.ask();
  }

  ask() {
    this.again = true;
    if (this.running) {
      if (this.running.words || performance.now() - this.running.since > SLOW)
        this.running.control.abort();
      return;
    }
    this.run();
  }

  async run() {
    while (this.again) {
      this.again = false;
      try {
        await this.draw();
        if (!this.again) await this.words();
      } catch (error) {
        if (error instanceof Refused) this.show.failed(error.message);
        else if (error.name !== "AbortError") throw error;
      } finally {
        this.running = null;
      }
    }
  }

  async draw() {
    const number = ++this.number;
    for (const each of this.edits) each.sent = number;
    const buffer = await this.post("draw", false);
    const length = new DataView(buffer).getUint32(0, true);
    const head = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
    this.edits = this.edits.filter((each) => !each.sent || each.sent > number);
    this.state.spec = head.spec;
    this.state.configs = head.configs;
    const rest = buffer.slice(4 + length);
    this.show.draw(head, rest.byteLength ? LrvizFigure.read(rest) : null);
  }

  async words() {
    this.show.words(parsed(await this.post("words", true)));
  }

  async post(where, words) {
    const control = new AbortController();
    this.running = {control, words, since: performance.now()};
    const edits = this.edits.map(({action, path, text}) => ({action, path, text}));
    const asked = {page: this.page, number: this.number, ...this.state, edits};
    return this.send(where, JSON.stringify(asked), control.signal);
  }
}

function parsed(buffer) {
  return JSON.parse(new TextDecoder().decode(buffer));
}

async function loadFile(post, file) {
  return parsed(await post(`load?name=${encodeURIComponent(file.name)}`, file));
}

// Sends of a folder what may be a log of a training, by the names that such have.
async function loadFolder(post, files, names) {
  const escaped = names.map((each) => each.replaceAll(".", "\\.").replaceAll("*", "[^/]*"));
  const known = new RegExp(`^(.*/)?(${escaped.join("|")}|meta\\.yaml|metrics/.*)$`);
  const [name] = files[0].webkitRelativePath.split("/");
  const listed = files
    .map((file) => [file.webkitRelativePath.slice(name.length + 1), file])
    .filter(([path]) => known.test(path));
  if (!listed.length)
    throw new Refused(`${name}: no log of a training in this folder; looked for ${names.join(", ")}`);
  const head = new TextEncoder().encode(JSON.stringify(listed.map(([path, {size}]) => [path, size])));
  const length = new DataView(new ArrayBuffer(4));
  length.setUint32(0, head.length, true);
  const body = new Blob([length, head, ...listed.map(([, file]) => file)]);
  return parsed(await post(`folder?name=${encodeURIComponent(name)}`, body));
}
