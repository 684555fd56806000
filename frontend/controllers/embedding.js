// Inside someone else's page: tell it how high the form is, so that it need not scroll in its frame.
if (window.parent !== window) {
  document.querySelector(".portal")?.classList.add("embedded");
  const tell = () => window.parent.postMessage({ entente: "height", height: document.documentElement.scrollHeight }, "*");
  new ResizeObserver(tell).observe(document.body);
}
