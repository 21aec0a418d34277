// The page of one figure: its data out of the page's text, and the steps of its tables as links.
async function show() {
  const text = (id) => document.getElementById(id).textContent;
  const texts = [...document.querySelectorAll(".values")].map((each) => each.textContent);
  const data = await LrvizFigure.unpack(JSON.parse(text("meta")), texts);
  const figure = new LrvizFigure(document.getElementById("figure"), data);
  figure.link(document.querySelector("main"));
  document.getElementById("figure").figure = figure;
  figure.drawNow();
  performance.mark("ready");
}

show().catch((error) => {
  document.getElementById("figure").textContent =
    `This browser cannot draw the figure (${error.message}): open it in a newer one. ` +
    "The key steps below are all there.";
  throw error;
});
