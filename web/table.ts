import { button, h, keepInOrder, scrolling } from './dom';

export interface Column<Row> {
  name: string;
  cell(row: Row): Node | string;
  /** Right-aligned, in figures of one width. */
  numeric?: boolean;
  /** Makes the column sortable by this; numbers begin with the largest. */
  sort?(row: Row): number | string;
}

/** Keys of a row whose values are of a kind. */
export type KeyOf<Row, Value> = { [K in keyof Row]-?: NonNullable<Row[K]> extends Value ? K : never }[keyof Row];

/** A column that is sortable by a text. @param cell shows it otherwise than as plain text */
export function words<Row>(name: string, key: KeyOf<Row, string>, cell?: Column<Row>['cell']): Column<Row> {
  const of = (row: Row) => (row[key] ?? '') as string;
  return { name, cell: cell ?? of, sort: of };
}

export interface TableOptions<Row> {
  /** Name of the table for screen readers. */
  label: string;
  columns: readonly Column<Row>[];
  /** Rows of the same key are kept when they did not change: a selection, a focus survives an update. */
  key(row: Row): string;
}

export interface Table<Row> {
  /** Scrolls inside itself. */
  readonly element: HTMLElement;
  show(rows: readonly Row[]): void;
}

/** A table that is shown again and again with newer rows. */
export function createTable<Row>({ label, columns, key }: TableOptions<Row>): Table<Row> {
  const kept = new Map<string, HTMLTableRowElement>();
  const body = h('tbody');
  let rows: readonly Row[] = [];
  let order: { column: Column<Row>; sign: 1 | -1 } | undefined;

  const heads = columns.map((column) => {
    const head = h('th', { scope: 'col', className: column.numeric ? 'number' : '' });
    const sortBy = () => {
      const sign = order?.column === column ? order.sign === -1 : !column.numeric;
      order = { column, sign: sign ? 1 : -1 };
      heads.forEach((one) => one.removeAttribute('aria-sort'));
      head.ariaSort = sign ? 'ascending' : 'descending';
      draw();
    };
    head.append(column.sort ? button(column.name, sortBy, { className: 'sort' }) : column.name);
    return head;
  });

  const draw = () => {
    const shown = sorted(rows, order).map((row) => rowOf(row));
    const keys = new Set(rows.map(key));
    for (const old of kept.keys()) if (!keys.has(old)) kept.delete(old);
    keepInOrder(body, shown);
  };

  const rowOf = (row: Row) => {
    const cells = columns.map(({ cell, numeric }) => h('td', { className: numeric ? 'number' : '' }, cell(row)));
    const fresh = h('tr', ...cells);
    const old = kept.get(key(row));
    if (!old) kept.set(key(row), fresh);
    else if (old.innerHTML !== fresh.innerHTML)
      // Buttons keep the focus: cells are exchanged one by one.
      cells.forEach((cell, at) => {
        if (old.cells[at].innerHTML !== cell.innerHTML) old.cells[at].replaceWith(cell);
      });
    return old ?? fresh;
  };

  return {
    element: scrolling(label, h('table', h('thead', h('tr', ...heads)), body)),
    show(newer) {
      rows = newer;
      draw();
    },
  };
}

function sorted<Row>(rows: readonly Row[], order: { column: Column<Row>; sign: number } | undefined): readonly Row[] {
  if (!order) return rows;
  const { sort } = order.column;
  return [...rows].sort((a, b) => {
    const [left, right] = [sort!(a), sort!(b)];
    const less = typeof left === 'string' ? left.localeCompare(String(right)) : left - Number(right);
    return order.sign * less;
  });
}
