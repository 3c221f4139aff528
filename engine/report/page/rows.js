/* The rows: read from the page's data, filtered and sorted. Nothing here knows the document.
   How the lists are laid out is written down in diff_rows.py. */

const DECIDES = 1, APPLIES = 2, OWN = 4;
const ANY = "";
/** The value of the filter for changes that stand in the person's own entry. */
const OWN_CHANGE = "own";

/** Fold a text for search and order: no case, no accents. */
const fold = (text) => text.normalize("NFD").replace(/\p{M}+/gu, "").toLowerCase();

const compareTexts = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

class Rows {
  constructor(data) {
    this.data = data;
    const { people, shapes } = data;
    this.length = people.reduce((sum, person) => sum + shapes[person[2]][3].length, 0);
    this.person = new Uint32Array(this.length);
    this.at = new Uint16Array(this.length);
    let row = 0;
    people.forEach((person, number) => {
      for (let at = 0; at < shapes[person[2]][3].length; at++, row++) {
        this.person[row] = number;
        this.at[row] = at;
      }
    });
    this.keys = new Map();
    this.groupNames = data.groups.map(([id, name]) => fold(id === name ? id : `${id} ${name}`));
    this.searched = null;
  }

  id(row) { return this.data.people[this.person[row]][0]; }
  name(row) { return this.data.people[this.person[row]][1] || ""; }
  shape(row) { return this.data.shapes[this.data.people[this.person[row]][2]]; }
  view(row) { return this.data.views[this.shape(row)[3][this.at[row]]]; }
  move(row) { return this.data.moves[this.view(row)[0]]; }

  /** What this one person has: own causes, and where the choice stands, before and after. */
  own(row) {
    const extras = this.data.people[this.person[row]][3];
    return extras ? extras[this.at[row]] : [0, 0, 0];
  }

  causes(row) { return this.own(row)[0] || this.view(row)[4]; }

  /** Groups before and after, together; what is the same on both sides once. */
  groups(row) {
    const [, before, after] = this.shape(row);
    return after.concat(before.filter((group) => !after.includes(group)));
  }

  // -- filters ---------------------------------------------------------------------------

  /** Return the rows that match, in the order asked for. */
  select(wanted, order) {
    const matches = this.matcher(wanted);
    const found = [];
    for (let row = 0; row < this.length; row++) if (matches(row)) found.push(row);
    const base = this.key("person");
    if (order.column === "person") {
      found.sort((a, b) => order.sign * (base[a] - base[b]));
    } else {
      const key = this.key(order.column);
      found.sort((a, b) => order.sign * (key[a] - key[b]) || base[a] - base[b]);
    }
    return found;
  }

  matcher(wanted) {
    const { shapes, views, moves } = this.data;
    const group = wanted.group === ANY ? -1 : Number(wanted.group);
    const account = wanted.account === ANY ? -1 : Number(wanted.account);
    const shapeFits = shapes.map(([its, before, after]) =>
      (account < 0 || its === account)
      && (group < 0 || before.includes(group) || after.includes(group)));
    const toggle = wanted.toggle === ANY ? -1 : Number(wanted.toggle);
    const move = wanted.move === ANY ? -1 : Number(wanted.move);
    const viewFits = views.map(([its]) =>
      (toggle < 0 || moves[its][0] === toggle) && (move < 0 || its === move));
    const words = fold(wanted.search).split(/\s+/).filter(Boolean);
    const caused = this.causedBy(wanted.cause);
    return (row) => {
      const person = this.person[row];
      const number = this.data.people[person][2];
      return shapeFits[number]
        && viewFits[shapes[number][3][this.at[row]]]
        && words.every((word) => this.searchable(person, number).includes(word))
        && caused(row);
    };
  }

  causedBy(cause) {
    if (cause === ANY) return () => true;
    if (cause === OWN_CHANGE) return (row) => Boolean(this.own(row)[0]);
    const wanted = Number(cause);
    return (row) => this.causes(row).includes(wanted);
  }

  searchable(person, shape) {
    if (this.searched === null) {
      const groups = this.data.shapes.map(([, before, after]) =>
        [...new Set([...before, ...after])].map((group) => this.groupNames[group]).join("\n"));
      this.searched = this.data.people.map(([id, name, number]) =>
        `${fold(id)}\n${name ? fold(name) : ""}\n${groups[number]}`);
    }
    return this.searched[person];
  }

  // -- order -----------------------------------------------------------------------------

  /** Return a number per row to sort by, worked out when a column is first asked for. */
  key(column) {
    if (!this.keys.has(column)) this.keys.set(column, this.ranked(column));
    return this.keys.get(column);
  }

  ranked(column) {
    const key = new Float64Array(this.length);
    const ranks = column === "person" ? this.personRanks() : null;
    const groups = column === "groups" ? this.groupRanks() : null;
    const stages = this.data.stages;
    for (let row = 0; row < this.length; row++) {
      const [toggle, before, after] = this.move(row);
      if (column === "person") key[row] = ranks[this.person[row]] * 65536 + this.at[row];
      else if (column === "groups") key[row] = groups[this.groups(row)[0]] ?? -1;
      else if (column === "toggle") key[row] = toggle;
      else if (column === "old") key[row] = stages[before][4];
      else if (column === "new") key[row] = stages[after][4];
      else key[row] = this.causes(row)[0] ?? 0;
    }
    return key;
  }

  personRanks() {
    return ranksOf(this.data.people.map(([id, name]) => fold(name || id)));
  }

  groupRanks() {
    return ranksOf(this.data.groups.map(([id, name]) => fold(name || id)));
  }
}

/** Return the rank of each text among all; equal ones keep their order. */
function ranksOf(texts) {
  const order = texts.map((_, at) => at);
  order.sort((a, b) => compareTexts(texts[a], texts[b]) || a - b);
  const ranks = new Array(texts.length);
  order.forEach((at, rank) => { ranks[at] = rank; });
  return ranks;
}

/** Count the people who have each thing that `things` gives for a row, everybody once. */
function countPeople(rows, things) {
  const counts = new Map(), last = new Map();
  for (let row = 0; row < rows.length; row++) {
    for (const thing of things(row)) {
      if (last.get(thing) !== rows.person[row]) {
        last.set(thing, rows.person[row]);
        counts.set(thing, (counts.get(thing) ?? 0) + 1);
      }
    }
  }
  return counts;
}
