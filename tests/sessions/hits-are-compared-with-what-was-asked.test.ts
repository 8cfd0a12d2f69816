import { matchingSeries, type SeriesRequest } from '../../gateway/sessions/pacs/series-request';

const asked = (more: Partial<SeriesRequest>): SeriesRequest => ({ host: 'pacs', aeTitle: 'ANY-SCP', ...more });
const hit = (patient: string | undefined, study = '1.2', series = '1.2.3') => ({ patient, study, series });

test.each([
  ['its case', 'ann', [hit('ANN')]],
  ['a comma that is taken for "or"', 'A,B', [hit('A'), hit('B')]],
  ['a key that is left aside', 'A^B', [hit('C'), hit('D')]],
])('another patient is not taken: %s', (_, patient, hits) => {
  expect(() => matchingSeries(hits, asked({ patient, study: '1.2' }))).toThrow(
    expect.objectContaining({
      code: 'PACS_NO_IMAGES',
    }),
  );
});

test('another study or series is not taken', () => {
  const others = [hit('A', '1.2', '1.2.4'), hit('A', '1.3', '1.2.3')];
  expect(() => matchingSeries(others, asked({ study: '1.2', series: '1.2.3' }))).toThrow('PACS at');
});

test.each([
  ['padded', 'ANN', hit('ANN ')],
  ['not told', 'ANN', hit(undefined)],
  ['in another encoding', 'J\u00fcrgen', hit('J?rgen')],
])('a patient id that is %s is the one that was asked for', (_, patient, found) => {
  expect(matchingSeries([found], asked({ patient, series: '1.2.3' }))).toEqual(found);
});

test('a study that is listed under two patient ids is one series; the one that was asked for is taken', () => {
  const twice = [hit('OLD'), hit('NEW')];
  expect(matchingSeries(twice, asked({ patient: 'NEW', series: '1.2.3' }))).toEqual(hit('NEW'));
  expect(matchingSeries(twice, asked({ series: '1.2.3' })).series).toBe('1.2.3');
});

test('several series that fit are counted, not named: the caller may not know them', () => {
  const several = [hit('A'), hit('A', '1.2', '1.2.4')];
  expect(() => matchingSeries(several, asked({ study: '1.2' }))).toThrow(/: 2 series fit$/);
});
