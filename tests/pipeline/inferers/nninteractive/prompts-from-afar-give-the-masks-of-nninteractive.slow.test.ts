import { testScripts } from './golden-scripts';

testScripts([
  'the same without zoom',
  'a large box with zoom',
  'boxes',
  'masks',
  'a far object',
  'a scribble from afar',
  'an initial mask',
]);
