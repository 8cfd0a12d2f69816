import { testScripts } from './golden-scripts';

testScripts(['boxes', 'masks', 'a far object', 'a scribble from afar', 'an initial mask']);
