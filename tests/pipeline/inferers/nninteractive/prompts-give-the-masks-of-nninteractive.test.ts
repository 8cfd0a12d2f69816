import { testScripts } from './golden-scripts';

testScripts([
  'points',
  'the same without zoom',
  'a large box with zoom',
  'prompts that wait',
  'fading',
  'without fading',
]);
