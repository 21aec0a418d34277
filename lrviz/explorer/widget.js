// The page in a notebook's cell: its requests go to the kernel.

const BUSY = 3000; // milliseconds after which it says that a kernel has not answered
const MOST = 8e6; // bytes of a message: notebooks end a connection at 10 MB

const LATE =
  "No answer from the kernel: it is busy with another cell, or has ended; then run this cell again ...";

// say(text): where there is something to be told of the kernel.
function overKernel(model, say) {
  const waiting = new Map();
  model.on("msg:custom", (answer, buffers) => {
    const asked = waiting.get(answer.id); // none, where another view of the cell asked
    waiting.delete(answer.id);
    if (answer.error) asked?.failed(new Refused(answer.error));
    else if (asked) {
      const {buffer, byteOffset, byteLength} = buffers[0];
      asked.done(buffer.slice(byteOffset, byteOffset + byteLength));
    }
  });
  return async (where, body, signal) => {
    const bytes = await new Blob([body]).arrayBuffer();
    if (bytes.byteLength > MOST)
      throw new Refused("More than 8 MB: name the file in lrviz.explore(...).");
    const id = random();
    let late;
    return new Promise((done, failed) => {
      waiting.set(id, {done, failed});
      signal?.addEventListener("abort", () => {
        waiting.delete(id);
        failed(new DOMException("a newer request has come", "AbortError"));
      });
      late = setTimeout(() => say(LATE), BUSY);
      try {
        model.send({id, where}, undefined, [bytes]);
      } catch {
        failed(new Refused("The kernel has ended; run the cell again."));
      }
    }).finally(() => clearTimeout(late));
  };
}

// light or dark, as the notebook is: what stands around has a colour to be read there.
function themeAround(element) {
  const pen = new OffscreenCanvas(1, 1).getContext("2d");
  pen.fillStyle = getComputedStyle(element).color;
  pen.fillRect(0, 0, 1, 1);
  const [red, green, blue] = pen.getImageData(0, 0, 1, 1).data;
  return 0.3 * red + 0.6 * green + 0.1 * blue > 128 ? "dark" : "light";
}

// Gives a page the theme of what is around it, now and when that changes.
function follow(root, around, page) {
  const look = () => {
    if (!around.isConnected || themeAround(around) === root.dataset.theme) return;
    root.dataset.theme = themeAround(around);
    page.figure?.setGroups(page.figure.state.groups); // draws all of it anew
  };
  const shown = new ResizeObserver(look); // an element may be put into the notebook later
  shown.observe(root);
  const changed = new MutationObserver(() => requestAnimationFrame(look));
  for (const each of [document.documentElement, document.body])
    changed.observe(each, {attributes: true});
  look();
  return [shown, changed];
}

export default {
  render({model, el}) {
    const root = document.createElement("div");
    root.className = "lrviz-explore";
    root.innerHTML = BODY;
    root.querySelector("#copy-address").remove(); // of a cell there is none
    root.dataset.lmSuppressShortcuts = "true"; // a key for a slider is none of JupyterLab's
    root.addEventListener("keydown", (event) => {
      if (!event.ctrlKey && !event.metaKey && !event.altKey) event.stopPropagation();
    });
    el.append(root);
    const first = JSON.parse(model.get("first"));
    const page = mount(root, first, overKernel(model, (text) => page.say(text)));
    const watching = follow(root, el, page);
    page.show(first);
    root.explorer = page;
    return () => {
      for (const each of watching) each.disconnect();
      page.figure?.destroy();
    };
  },
};
