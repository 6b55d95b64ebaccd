// Decisions on their way to the server: while it checks, new ones wait their turn.

const AGAIN = 2_000;

export class Decisions {
  #waiting = [];
  #sending = false;

  /** `onSent`: the check has begun; `onRefused`: the sentence why a decision cannot be taken. */
  constructor({ onSent, onRefused }) {
    this.onSent = onSent;
    this.onRefused = onRefused;
    this.checking = false;
  }

  get idle() {
    return !this.checking && !this.#sending && !this.#waiting.length;
  }

  add(decisions) {
    this.#waiting.push(...decisions);
    this.#send();
  }

  /** Told that the check is over. */
  checked() {
    this.checking = false;
    this.#send();
  }

  async #send() {
    if (this.checking || this.#sending || !this.#waiting.length) return;
    const decisions = this.#waiting.splice(0);
    this.#sending = true;
    try {
      const response = await post(decisions);
      if (response.ok) {
        this.checking = true;
        this.onSent();
      } else if (response.status === 409) {
        // Somebody else's decision is being checked: ours comes after it.
        this.#waiting.unshift(...decisions);
        this.checking = true;
        this.onSent();
      } else {
        this.onRefused((await response.json()).error ?? "");
      }
    } catch {
      this.#waiting.unshift(...decisions);
      setTimeout(() => this.#send(), AGAIN);
    } finally {
      this.#sending = false;
    }
  }
}

/** The decision of a group's form and the button that was pressed. */
export function decisionOf(form, button) {
  const data = new FormData(form);
  const uses = button.value === "use";
  const replaces = uses || button.value === "replace";
  return {
    column: data.get("column"),
    value: data.get("value"),
    action: uses ? "replace" : button.value,
    replacement: replaces ? data.get(uses ? "suggestion" : "replacement") : "",
  };
}

function post(decisions) {
  const place = document.querySelector("[data-review]");
  return fetch(place.dataset.decide, {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      "X-CSRFToken": document.querySelector("[name=csrfmiddlewaretoken]").value,
    },
    body: JSON.stringify({ decisions }),
  });
}
