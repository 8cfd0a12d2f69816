import { EventEmitter } from 'node:events';
import type { Request, Response } from 'express';
import { clientGone } from '../../gateway/http/middleware/request-run';
import { RequestRun } from '../../gateway/jobs/request-run';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

function call(httpVersion: string) {
  const response = Object.assign(new EventEmitter(), {
    headersSent: false,
    writableFinished: false,
    writeContinue: jest.fn(),
  });
  const gone = clientGone({ httpVersion, run: new RequestRun('a', '') } as Request, response as unknown as Response);
  return { response, gone };
}

test('MITK’s client (HTTP/1.0) gets 100 Continue every 20 s until the answer begins: it gives up after 60 s of silence', () => {
  const { response } = call('1.0');
  jest.advanceTimersByTime(65_000);
  expect(response.writeContinue).toHaveBeenCalledTimes(3);
  response.headersSent = true;
  jest.advanceTimersByTime(60_000);
  expect(response.writeContinue).toHaveBeenCalledTimes(3);
  response.emit('close');
  expect(jest.getTimerCount()).toBe(0);
});

test('others wait by themselves', () => {
  const { response } = call('1.1');
  jest.advanceTimersByTime(120_000);
  expect(response.writeContinue).not.toHaveBeenCalled();
});

test('a connection that closes before the answer is out ends the work', () => {
  const [early, late] = [call('1.1'), call('1.0')];
  early.response.emit('close');
  late.response.writableFinished = true;
  late.response.emit('close');
  expect([early.gone.aborted, late.gone.aborted]).toEqual([true, false]);
});
