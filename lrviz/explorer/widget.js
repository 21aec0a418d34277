// The page in a notebook's cell: its requests go to the kernel.

const name = () => Math.random().toString(36).slice(2);

function overKernel(model) {
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
    const id = name();
    const bytes = await new Blob([body]).arrayBuffer();
    return new Promise((done, failed) => {
      waiting.set(id, {done, failed});
      signal?.addEventListener("abort", () => {
        waiting.delete(id);
        failed(new DOMException("a newer request has come", "AbortError"));
      });
      model.send({id, where}, undefined, [bytes]);
    });
  };
}

export default {
  render({model, el}) {
    const root = document.createElement("div");
    root.className = "lrviz-explore";
    root.innerHTML = BODY;
    root.querySelector("#copy-address").remove(); // of a cell there is none
    el.append(root);
    const first = JSON.parse(model.get("first"));
    const page = mount(root, first, overKernel(model));
    page.show(first);
    root.explorer = page;
    return () => page.figure?.destroy();
  },
};
