import { createInterface } from 'node:readline';

/** A process that answers one line of JSON with one line of JSON, one question at a time. */
export class AnsweringProcess {
  #waiting = [];

  /** @param child a process with pipes at stdin and stdout */
  constructor(child) {
    this.process = child;
    createInterface({ input: child.stdout }).on('line', (line) => this.#waiting.shift()?.resolve(JSON.parse(line)));
    child.once('exit', (code) => {
      for (const { reject } of this.#waiting)
        reject(new Error(`the process that is measured ended (exit code ${code})`));
    });
  }

  /** @returns {Promise<object>} what the process answers */
  ask(question) {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.process.stdin.write(`${JSON.stringify(question)}\n`);
    });
  }

  close() {
    this.process.stdin.end();
  }
}
