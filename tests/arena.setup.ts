import { useArena } from '../gateway/arena';

// As in the gateway's worker threads. What an array holds that nobody has written must never be seen: here it is NaN in floats, and large otherwise.
useArena(0xff);
