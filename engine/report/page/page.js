/* The page: ties the filters, the pager, the picture and the printer to the table. */

const MOST_CHOICES = 300;
const byId = (id) => document.getElementById(id);

function start() {
  const rows = new Rows(JSON.parse(byId("data").textContent));
  const table = new Table(rows, byId("table"));
  const form = document.querySelector(".controls");
  const order = { column: "person", sign: 1 };
  const people = new Set(rows.person).size;

  document.querySelectorAll(".needs-script").forEach((element) => { element.hidden = false; });
  fillChoices(form, rows);

  const wanted = () => Object.fromEntries(
    ["search", "group", "account", "toggle", "move", "cause"].map((id) => [id, byId(id).value]));

  function update() {
    table.show(rows.select(wanted(), order));
    tellCount();
  }

  function tellCount() {
    const found = new Set(table.found.map((row) => rows.person[row])).size;
    const of = found === people ? "" : ` of ${numeral(people)}`;
    const word = people === 1 ? "person" : "people";
    const lines = table.found.length === found ? "" : `, ${numeral(table.found.length)} rows`;
    byId("count").textContent = `${numeral(found)}${of} ${word}${lines}`;
    byId("nobody").hidden = found > 0;
  }

  let waiting = 0;
  form.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(update, 80); });
  form.addEventListener("submit", (event) => event.preventDefault());
  byId("clear").addEventListener("click", () => { clear(form); update(); byId("search").focus(); });
  wireOrder(table, order, update);
  wirePager(table);
  wireMoves(update);
  wirePrinter(table);
  update();
}

// -- filters -------------------------------------------------------------------------------

/** Fill the lists to choose from; one that has no choice to offer is not shown. */
function fillChoices(form, rows) {
  const { groups, accounts, toggles, moves, stages, changes } = rows.data;
  const stage = (number) => {
    const [label, , locked, tail] = stages[number];
    return label + (locked ? ", locked" : "") + tail;
  };
  const several = toggles.length > 1;
  const lists = {
    group: [countPeople(rows, (row) => rows.groups(row)), (group) => {
      const [, name, account] = groups[group];
      return accounts.length > 1 ? `${name} (${accounts[account][1]})` : name;
    }],
    account: [countPeople(rows, (row) => [rows.shape(row)[0]]), (account) => accounts[account][1]],
    toggle: [countPeople(rows, (row) => [rows.move(row)[0]]), (toggle) => toggles[toggle][1]],
    move: [countPeople(rows, (row) => [rows.view(row)[0]]), (move) => {
      const [toggle, before, after] = moves[move];
      return `${stage(before)} → ${stage(after)}${several ? `: ${toggles[toggle][1]}` : ""}`;
    }],
    cause: [countPeople(rows, (row) => rows.own(row)[0] ? [OWN_CHANGE] : rows.causes(row)), (cause) =>
      cause === OWN_CHANGE ? "their own entry" : `#${cause} ${changes[cause]?.[0] ?? ""}`],
  };
  for (const [id, [counts, told]] of Object.entries(lists)) {
    const select = byId(id);
    const most = [...counts].sort((a, b) => b[1] - a[1]).slice(0, MOST_CHOICES);
    if (id === "cause") most.sort((a, b) => (a[0] === OWN_CHANGE) - (b[0] === OWN_CHANGE) || a[0] - b[0]);
    select.append(make("option", { value: ANY }, "all"));
    for (const [value, number] of most) {
      select.append(make("option", { value }, `${shortened(told(value))} (${numeral(number)})`));
    }
    if (counts.size > MOST_CHOICES) {
      const rest = `the ${MOST_CHOICES} largest of ${numeral(counts.size)}: search finds all`;
      select.append(make("option", { disabled: "" }, rest));
    }
    select.closest("label").hidden = counts.size < 2;
  }
  if (!several) byId("table").classList.add("one-toggle");
}

function clear(form) {
  for (const field of form.querySelectorAll("input, select")) field.value = ANY;
}

const shortened = (text) => (text.length > 70 ? `${text.slice(0, 69)}…` : text);

// -- order and pages -----------------------------------------------------------------------

function wireOrder(table, order, update) {
  const heads = [...table.element.tHead.querySelectorAll("th")];
  const tell = () => {
    for (const head of heads) {
      const isIt = head.dataset.sort === order.column;
      if (isIt) head.setAttribute("aria-sort", order.sign > 0 ? "ascending" : "descending");
      else head.removeAttribute("aria-sort");
    }
  };
  for (const head of heads) {
    head.querySelector("button").addEventListener("click", () => {
      order.sign = order.column === head.dataset.sort ? -order.sign : 1;
      order.column = head.dataset.sort;
      tell();
      update();
      const word = order.sign > 0 ? "ascending" : "descending";
      byId("order").textContent = `sorted by ${head.textContent.toLowerCase()}, ${word}`;
    });
  }
  tell();
}

function wirePager(table) {
  const pager = document.querySelector(".pager");
  const turns = {
    first: () => 0, previous: () => table.page - 1, next: () => table.page + 1,
    last: () => table.pages - 1,
  };
  pager.addEventListener("click", (event) => {
    const turn = turns[event.target.dataset?.page];
    if (turn && event.target.getAttribute("aria-disabled") !== "true") table.turn(turn());
  });
  table.element.addEventListener("drawn", () => {
    const first = table.page * table.perPage;
    const last = Math.min(first + table.perPage, table.found.length);
    byId("page").textContent =
      `${numeral(first + 1)}–${numeral(last)} of ${numeral(table.found.length)}`;
    pager.hidden = table.pages === 1;
    for (const button of pager.querySelectorAll("button")) {
      const isBack = ["first", "previous"].includes(button.dataset.page);
      const isEnd = isBack ? table.page === 0 : table.page === table.pages - 1;
      button.setAttribute("aria-disabled", String(isEnd));  // stays focusable at the end
    }
  });
}

// -- picture and printer -------------------------------------------------------------------

/** A ribbon, or the button beside its numbers, filters the table to those people. */
function wireMoves(update) {
  for (const element of document.querySelectorAll("[data-move]")) {
    element.addEventListener("click", () => {
      clear(document.querySelector(".controls"));
      byId("move").value = element.dataset.move;
      update();
      byId("who").focus({ preventScroll: true });
      byId("who").scrollIntoView();
    });
  }
}

/** On paper stand the first people of what is filtered, and how many there are. */
function wirePrinter(table) {
  const note = byId("printed");
  let page = 0;
  addEventListener("beforeprint", () => {
    page = table.page;
    table.perPage = PRINTED;
    table.turn(0);
    const all = table.found.length, first = Math.min(PRINTED, all);
    note.textContent = first === all ? ""
      : `These are the first ${numeral(first)} of ${numeral(all)}; the page on the screen has them all.`;
  });
  addEventListener("afterprint", () => {
    table.perPage = PER_PAGE;
    table.turn(page);
  });
}

if (byId("table")) start();
