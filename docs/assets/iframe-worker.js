// A page that is opened from the disk may start no worker, and the search is one: run its script in a hidden frame.
if (location.protocol === "file:") {
  window.Worker = class extends EventTarget {
    constructor(address) {
      super();
      const frame = document.createElement("iframe");
      frame.hidden = true;
      frame.title = "search";
      this.frame = frame;
      this.ready = new Promise((done) => {
        const start = () => {
          const inside = frame.contentWindow;
          inside.postMessage = (data) => this.dispatchEvent(new MessageEvent("message", { data }));
          // The worker's way to load a script; here scripts follow each other
          inside.importScripts = (...more) =>
            more.reduce((before, one) => before.then(() => load(inside, new URL(one, address).href)), Promise.resolve());
          load(inside, new URL(address, location.href).href).then(() => done(inside));
        };
        if (document.body) this.open(start);
        else document.addEventListener("DOMContentLoaded", () => this.open(start));
      });
    }

    open(start) {
      this.frame.addEventListener("load", start, { once: true });
      this.frame.srcdoc = "<!doctype html>";
      document.body.append(this.frame);
    }

    postMessage(data) {
      this.ready.then((inside) => inside.dispatchEvent(new MessageEvent("message", { data })));
    }

    terminate() {
      this.frame.remove();
    }
  };

  function load(inside, address) {
    return new Promise((done, failed) => {
      const script = inside.document.createElement("script");
      script.src = address;
      script.onload = done;
      script.onerror = () => failed(new Error(`cannot load ${address}`));
      inside.document.body.append(script);
    });
  }
}
