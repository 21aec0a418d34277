// The page of the server: its requests, its address, and the end of the server.

const MOST = 32e6; // bytes that the server takes

async function overHttp(where, body, signal) {
  if (body.size > MOST)
    throw new Refused("More than 32 MB: name it on the command line of lrviz explore.");
  const answer = await fetch(where, {method: "POST", body, signal}).catch((error) => {
    if (error.name === "AbortError") throw error;
    throw new Refused("The server does not answer; it has ended, or is being stopped.");
  });
  if (!answer.ok) throw new Refused((await answer.json()).error);
  return answer.arrayBuffer();
}

const first = JSON.parse(document.getElementById("first").textContent);
let committed = location.hash.slice(1);
let pending = null;

// The address follows, with a pause: browsers allow it some hundred times in half a minute.
function follow(page) {
  const title = page.figure?.data?.title;
  if (title) document.title = `${title} - lrviz explore`;
  clearTimeout(pending);
  pending = setTimeout(async () => {
    const text = await written(page.state);
    if (text === committed) return;
    history[page.commits && committed ? "pushState" : "replaceState"](null, "", `#${text}`);
    committed = text;
    page.commits = false;
  }, 250);
}

const page = mount(document.getElementById("page"), first, overHttp, follow);

async function start() {
  const state = (await readAddress()) ?? first;
  committed = location.hash.slice(1);
  page.show(state);
}

document.getElementById("copy-address").addEventListener("click", async () => {
  page.copy(`${location.origin}${location.pathname}#${await written(page.state)}`);
});
addEventListener("popstate", start);

const alive = new EventSource("alive");
alive.addEventListener("error", () => page.say("The server has ended; start lrviz explore again."));
addEventListener("pagehide", () => alive.close());

window.explorer = page;
start();
