// Snapshots of jobs as they come: by socket, and by polling while there is no socket.

const FIRST_WAIT = 500;
const LONGEST_WAIT = 20_000;
const FIRST_POLL = 1_000;
const SLOWEST_POLL = 8_000;
const QUIET = 4_000;

/**
 * Calls `onSnapshot` with each snapshot and `onLink` with true or false when the
 * connection is there or lost.
 *
 * `path` is the socket's address, `poll` returns the snapshots as the server has them
 * now. An open socket that says nothing for a while is checked by one poll, so a
 * message that was lost on the way costs seconds, not the end of the job.
 */
export class Feed {
  constructor(path, poll, { onSnapshot, onLink = () => {} }) {
    this.path = path;
    this.poll = poll;
    this.onSnapshot = onSnapshot;
    this.onLink = onLink;
    this.failures = 0;
    this.interval = FIRST_POLL;
    this.open = false;
    this.stopped = false;
  }

  start() {
    this.connect();
    this.plan();
    addEventListener("online", () => this.again());
    addEventListener("pageshow", (event) => event.persisted && this.again());
    document.addEventListener("visibilitychange", () => document.hidden || this.again());
  }

  stop() {
    this.stopped = true;
    clearTimeout(this.timer);
    clearTimeout(this.retry);
    this.socket?.close();
    this.onLink(true);
  }

  /** Somebody looks at the page, or the network is back: ask now. */
  again() {
    if (this.stopped) return;
    if (!this.open) {
      clearTimeout(this.retry);
      this.failures = 0;
      this.connect();
    }
    this.ask();
  }

  connect() {
    const socket = openSocket(this.path);
    if (!socket) return this.lost();
    this.socket?.close();
    this.socket = socket;
    socket.onopen = () => {
      this.open = true;
      this.failures = 0;
      this.onLink(true);
      this.plan();
    };
    socket.onmessage = (event) => {
      this.heard();
      this.onSnapshot(JSON.parse(event.data));
    };
    socket.onclose = () => socket === this.socket && this.lost();
  }

  lost() {
    const wasOpen = this.open;
    this.open = false;
    this.socket = undefined;
    if (this.stopped) return;
    if (wasOpen) this.onLink(false);
    // A little chance in the waiting time: after a restart not every page comes at once.
    const wait = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.failures);
    this.failures += 1;
    this.retry = setTimeout(() => this.connect(), wait * (0.75 + Math.random() / 2));
    this.interval = FIRST_POLL;
    this.ask();
  }

  heard() {
    this.interval = FIRST_POLL;
    if (this.open) this.plan();
  }

  /** Plan the next poll: soon without a socket, slower while nothing moves or nobody looks. */
  plan() {
    clearTimeout(this.timer);
    if (this.stopped) return;
    const wait = this.open ? Math.max(QUIET, this.interval) : this.interval;
    this.timer = setTimeout(() => this.ask(), document.hidden ? wait * 3 : wait);
  }

  async ask() {
    clearTimeout(this.timer);
    if (this.asking || this.stopped) return;
    this.asking = true;
    try {
      const snapshots = await this.poll();
      this.onLink(true);
      this.notice(snapshots);
    } catch (error) {
      if (error.gone) return this.stop();
      if (!this.open) this.onLink(false);
    } finally {
      this.asking = false;
    }
    this.plan();
  }

  notice(snapshots) {
    const news = snapshots.map((one) => `${one.job} ${one.seq} ${one.job_state}`).join();
    this.interval = news === this.news ? Math.min(SLOWEST_POLL, this.interval * 1.5) : FIRST_POLL;
    this.news = news;
    snapshots.forEach((snapshot) => this.onSnapshot(snapshot));
  }
}

/** The JSON at that address; the error says `gone` where asking again makes no sense. */
export async function getJson(url) {
  const response = await fetch(url, { headers: { Accept: "application/json" } });
  if (response.ok && !response.redirected) return response.json();
  const error = new Error(`${url}: ${response.status}`);
  error.gone = response.redirected || [401, 403, 404, 410].includes(response.status);
  throw error;
}

function openSocket(path) {
  if (!path || !("WebSocket" in window)) return null;
  const url = new URL(path, location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  try {
    return new WebSocket(url);
  } catch {
    return null; // a policy of the browser forbids it: polling does it alone
  }
}
