// The search box of a gallery: shows the figures that have all of its words.
(() => {
  const articles = [...document.querySelectorAll("article")].map((each) => [
    each,
    each.textContent.toLowerCase(),
  ]);
  const box = document.getElementById("search");
  const search = () => {
    const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const [article, text] of articles) {
      article.hidden = !words.every((word) => text.includes(word));
      if (!article.hidden) count++;
    }
    for (const section of document.querySelectorAll("section")) {
      section.hidden = !section.querySelector("article:not([hidden])");
    }
    document.getElementById("found").textContent = `${count} ${count === 1 ? "figure" : "figures"}`;
  };
  box.addEventListener("input", search);
  search(); // a browser keeps what was typed when the page is loaded again
})();
