/* The table: one page of rows at a time, so that fifty thousand people are fifty in the document.
   Texts go in as text nodes, never as markup. */

const PER_PAGE = 50;
const PRINTED = 100;
const SVG = "http://www.w3.org/2000/svg";

/** Make an element; strings among the children become text. */
function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value !== null) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

const isolated = (text, kind) => make("bdi", kind ? { class: kind } : null, text);
const numeral = (number) => number.toLocaleString("en");

function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  const use = document.createElementNS(SVG, "use");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `#${name}`);
  svg.append(use);
  return svg;
}

function pill([label, tone, locked, tail]) {
  return make("span", { class: `pill ${tone}` },
    make("span", { class: "dot", "aria-hidden": "true" }), label,
    ...(locked ? [", ", make("span", { class: "lock" }, "locked")] : []), tail);
}

class Table {
  constructor(rows, element) {
    this.rows = rows;
    this.element = element;
    this.body = element.tBodies[0];
    this.found = [];
    this.page = 0;
    this.perPage = PER_PAGE;
    this.current = 0;
    this.open = new Set();
    this.columns = element.tHead.rows[0].cells.length;
    this.body.addEventListener("click", (event) => this.clicked(event));
    this.body.addEventListener("keydown", (event) => this.pressed(event));
  }

  get pages() { return Math.max(1, Math.ceil(this.found.length / this.perPage)); }

  show(found, page = 0) {
    this.found = found;
    this.turn(page);
  }

  turn(page) {
    this.page = Math.min(Math.max(page, 0), this.pages - 1);
    this.current = 0;
    this.draw();
  }

  draw() {
    const first = this.page * this.perPage;
    const shown = this.found.slice(first, first + this.perPage);
    const drawn = document.createDocumentFragment();
    shown.forEach((row, at) => {
      drawn.append(this.row(row, at));
      if (this.open.has(row)) drawn.append(this.detail(row));
    });
    this.body.replaceChildren(drawn);
    this.element.setAttribute("aria-rowcount", this.found.length + 1);
    this.element.hidden = this.found.length === 0;
    this.element.dispatchEvent(new Event("drawn"));
  }

  // -- one row ---------------------------------------------------------------------------

  row(row, at) {
    const { rows } = this;
    const { stages, toggles } = rows.data;
    const [toggle, before, after] = rows.move(row);
    const [, , old, now] = rows.view(row);
    return make("tr", {
      "data-row": row, "aria-rowindex": this.page * this.perPage + at + 2,
      class: this.open.has(row) ? "opened" : null,
    },
    make("th", { scope: "row", class: "person" }, this.opener(row, at)),
    make("td", { class: "groups" }, ...this.groups(row)),
    make("td", { class: "toggle" }, isolated(toggles[toggle][1])),
    make("td", { class: "old" }, pill(stages[before]), this.source(old)),
    make("td", { class: "new" }, pill(stages[after]), this.source(now)),
    make("td", { class: "causes" }, ...this.causes(row)));
  }

  opener(row, at) {
    const name = this.rows.name(row), id = this.rows.id(row);
    const isOpen = this.open.has(row);
    return make("button", {
      type: "button", tabindex: at === this.current ? 0 : -1,
      "aria-expanded": String(isOpen), "aria-controls": isOpen ? `detail-${row}` : null,
    },
    name ? isolated(name, "name") : null, name ? " " : null, isolated(id, name ? "id" : "name"));
  }

  groups(row) {
    const [, before, after] = this.rows.shape(row);
    const found = [];
    for (const group of this.rows.groups(row)) {
      const tag = !before.includes(group) ? "ins" : !after.includes(group) ? "del" : "span";
      found.push(found.length ? ", " : null, make(tag, null, isolated(this.rows.data.groups[group][1])));
    }
    const [, action] = this.rows.view(row);
    if (action === 0 || action === 3) return found;
    return this.rows.groups(row).map((group, at) =>
      make("span", null, at ? ", " : "", isolated(this.rows.data.groups[group][1])));
  }

  source(side) {
    return side < 0 ? null : make("span", { class: "by" }, isolated(this.rows.data.sides[side][1]));
  }

  causes(row) {
    const found = [];
    for (const id of this.rows.causes(row)) {
      const isShown = document.getElementById(`change-${id}`) !== null;
      const number = isShown
        ? make("a", { href: `#change-${id}` }, `#${id}`) : make("span", null, `#${id}`);
      found.push(found.length ? " " : null, number);
    }
    return found;
  }

  // -- what was asked, before and after --------------------------------------------------

  detail(row) {
    const [, , old, now] = this.rows.view(row);
    const [, chose, chooses] = this.rows.own(row);
    return make("tr", { class: "detail", id: `detail-${row}` },
      make("td", { colspan: this.columns },
        make("div", { class: "asked" },
          this.side("Before", old, chose), this.side("After", now, chooses)),
        this.because(row)));
  }

  side(word, number, own) {
    const { data } = this.rows;
    if (number < 0) {
      return make("section", null, make("h3", null, word), make("p", null, "Not in these files."));
    }
    const [stage, , events, tiers] = data.sides[number];
    const asked = tiers.map((tier) => this.tier(data.tiers[tier], own));
    return make("section", null,
      make("h3", null, `${word}: `, pill(data.stages[stage])),
      events ? make("p", { class: "events" }, "Events: ", isolated(events)) : null,
      make("ol", { class: "tiers" }, ...asked));
  }

  tier([reason, text, sharedNote, sharedPlace, flags], own) {
    const [place, note] = flags & OWN && own ? own : [sharedPlace, sharedNote];
    const kind = flags & DECIDES ? "decides" : flags & APPLIES ? "applies" : "passed";
    return make("li", { class: kind },
      make("span", { class: "reason" }, reason), " ", isolated(text),
      ...(note ? [" (", isolated(note), ")"] : []),
      ...(place ? [" ", this.place(place)] : []));
  }

  because(row) {
    const causes = this.rows.causes(row).map((id) => {
      const [text, place] = this.rows.data.changes[id] ?? ["", 0];
      return make("li", null, make("span", { class: "id" }, `#${id}`), " ", isolated(text),
        ...(place ? [" ", this.place(place)] : []));
    });
    return make("div", { class: "because" },
      make("h3", null, "Because of"), make("ul", null, ...causes));
  }

  place([file, line]) {
    return make("code", { class: "place" }, isolated(`${this.rows.data.files[file]}:${line}`));
  }

  // -- mouse and keys --------------------------------------------------------------------

  toggle(row) {
    if (!this.open.delete(row)) this.open.add(row);
    const line = this.body.querySelector(`tr[data-row="${row}"]`);
    const opener = line.querySelector("button");
    const isOpen = this.open.has(row);
    line.classList.toggle("opened", isOpen);
    opener.setAttribute("aria-expanded", String(isOpen));
    if (isOpen) {
      opener.setAttribute("aria-controls", `detail-${row}`);
      line.after(this.detail(row));
    } else {
      opener.removeAttribute("aria-controls");
      document.getElementById(`detail-${row}`).remove();
    }
  }

  clicked(event) {
    const line = event.target.closest("tr[data-row]");
    if (!line || event.target.closest("a")) return;
    if (!event.target.closest("button") && String(getSelection())) return;  // marking text
    this.focus([...this.openers()].indexOf(line.querySelector("button")));
    this.toggle(Number(line.dataset.row));
  }

  pressed(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || event.target.closest("a")) return;
    const openers = this.openers();
    const at = openers.indexOf(document.activeElement);
    if (at < 0) return;
    const steps = {
      ArrowDown: () => this.step(at + 1), ArrowUp: () => this.step(at - 1),
      Home: () => this.focus(0), End: () => this.focus(openers.length - 1),
      PageDown: () => this.step(openers.length), PageUp: () => this.step(-1),
      Escape: () => this.close(openers[at]),
    };
    if (!steps[event.key]) return;
    event.preventDefault();
    steps[event.key]();
  }

  openers() { return [...this.body.querySelectorAll("tr[data-row] > th > button")]; }

  /** Focus a row of this page; past its ends the next page's first or the last page's last. */
  step(at) {
    if (at >= 0 && at < this.openers().length) {
      this.focus(at);
    } else if (at < 0 && this.page > 0) {
      this.turn(this.page - 1);
      this.focus(this.perPage - 1);
    } else if (at > 0 && this.page < this.pages - 1) {
      this.turn(this.page + 1);
      this.focus(0);
    }
  }

  focus(at) {
    const openers = this.openers();
    openers[this.current]?.setAttribute("tabindex", "-1");
    this.current = at;
    openers[at].setAttribute("tabindex", "0");
    openers[at].focus();
  }

  close(opener) {
    const row = Number(opener.closest("tr").dataset.row);
    if (this.open.has(row)) this.toggle(row);
  }
}
