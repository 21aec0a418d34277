// The page of one figure: its data out of the page's text, and the steps of its tables as links.
(async () => {
  const text = (id) => document.getElementById(id).textContent;
  const texts = [...document.querySelectorAll(".values")].map((each) => each.textContent);
  const data = await LrvizFigure.unpack(JSON.parse(text("meta")), texts);
  const figure = new LrvizFigure(document.getElementById("figure"), data);
  figure.link(document.querySelector("main"));
  document.getElementById("figure").figure = figure;
  figure.drawNow();
  performance.mark("ready");
})();
