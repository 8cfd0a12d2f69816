import { element } from '../element';

export interface Column<Row> {
  name: string;
  cell(row: Row): Node | string;
  /** Right-aligned, in figures of one width. */
  numeric?: boolean;
  /** Makes the column sortable by this; numbers begin with the largest. */
  sort?(row: Row): number | string;
}

export interface TableOptions<Row> {
  /** What the table holds, for screen readers. */
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
  const body = element('tbody');
  let rows: readonly Row[] = [];
  let order: { column: Column<Row>; sign: 1 | -1 } | undefined;

  const heads = columns.map((column) => {
    const head = element('th', { scope: 'col', className: column.numeric ? 'number' : '' });
    if (!column.sort) {
      head.append(column.name);
      return head;
    }
    const button = element('button', { type: 'button', className: 'sort' }, column.name);
    button.addEventListener('click', () => {
      const first = column.numeric ? -1 : 1;
      order = { column, sign: order?.column === column ? (-order.sign as 1 | -1) : first };
      heads.forEach((one) => one.removeAttribute('aria-sort'));
      head.ariaSort = order.sign === 1 ? 'ascending' : 'descending';
      draw();
    });
    head.append(button);
    return head;
  });

  const draw = () => {
    const shown = sorted(rows, order).map((row) => rowOf(row));
    const keys = new Set(rows.map(key));
    for (const old of kept.keys()) if (!keys.has(old)) kept.delete(old);
    // Moving a row takes the focus away from what is in it: only where the order changed.
    shown.forEach((row, at) => {
      if (body.children[at] !== row) body.insertBefore(row, body.children[at] ?? null);
    });
    while (body.children.length > shown.length) body.lastElementChild!.remove();
  };

  const rowOf = (row: Row) => {
    const cells = columns.map(({ cell, numeric }) => element('td', { className: numeric ? 'number' : '' }, cell(row)));
    const fresh = element('tr', {}, ...cells);
    const old = kept.get(key(row));
    if (old?.innerHTML === fresh.innerHTML) return old;
    // Buttons keep the focus: cells are exchanged one by one.
    if (old) {
      cells.forEach((cell, at) => {
        if (old.cells[at].innerHTML !== cell.innerHTML) old.cells[at].replaceWith(cell);
      });
      return old;
    }
    kept.set(key(row), fresh);
    return fresh;
  };

  const table = element('table', {}, element('thead', {}, element('tr', {}, ...heads)), body);
  return {
    element: element('div', { className: 'scroll', tabIndex: 0, role: 'region', ariaLabel: label }, table),
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
