import { byId } from '../element';
import { showEmpty } from '../states/states';
import { createTable, type Table, type TableOptions } from '../table/table';

/** A table that lives in a place of the page, made when there are rows for the first time. */
export function tableIn<Row>(
  id: string,
  options: TableOptions<Row>,
  empty: [sentence: string, nextStep: string],
): (rows: readonly Row[]) => void {
  let table: Table<Row> | undefined;
  return (rows) => {
    const place = byId(id);
    if (rows.length === 0) return showEmpty(place, ...empty);
    table ??= createTable(options);
    table.show(rows);
    if (!table.element.isConnected) place.replaceChildren(table.element);
    place.ariaBusy = 'false';
  };
}
