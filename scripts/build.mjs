// npm run build: packages when missing, then the gateway to dist/ and its pages to dist/web/.
import { exitWith, setUp } from './setup.mjs';

try {
  setUp({ triton: false });
} catch (error) {
  exitWith(error);
}
