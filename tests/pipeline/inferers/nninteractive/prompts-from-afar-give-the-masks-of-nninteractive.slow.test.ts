import { testScripts } from './golden-scripts';

const some = ['the same without zoom', 'boxes', 'an initial mask'];
const others = ['a large box with zoom', 'masks', 'a far object', 'a scribble from afar'];

testScripts(process.env.INTERACTIVE_SCRIPTS === 'all' ? [...some, ...others] : some);
