// A thread with an event loop of its own: asks `workerData.url` at a fixed pace, whether or not the last answer has come, and posts how long
// each answer took (ms) when it is told to report.
import { Agent, get } from 'node:http';
import { parentPort, workerData } from 'node:worker_threads';

const agent = new Agent({ keepAlive: true });
let latencies = [];
let failures = 0;

function ask() {
  const sent = performance.now();
  const request = get(workerData.url, { agent }, (answer) => {
    if (answer.statusCode !== 200) failures++;
    answer.resume().on('end', () => latencies.push(performance.now() - sent));
  });
  request.on('error', () => failures++);
}

setInterval(ask, workerData.everyMs);
parentPort.on('message', (message) => {
  if (message === 'report') parentPort.postMessage({ latencies, failures });
  [latencies, failures] = [[], 0];
});
