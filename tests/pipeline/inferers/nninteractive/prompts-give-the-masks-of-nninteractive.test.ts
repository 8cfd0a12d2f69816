import { testScripts } from './golden-scripts';

testScripts(['points', 'prompts that wait', 'fading', 'without fading']);
