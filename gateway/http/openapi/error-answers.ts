import { fail, type ErrorCode } from '../../errors';

/** Answers of an operation by status, made of the catalogue: what each code says, and an example of its body. */
export function errorAnswers(codes: readonly ErrorCode[]): Record<string, object> {
  const errors = [...new Set(codes)].map((code) => fail(code));
  const statuses = [...new Set(errors.map(({ status }) => status))].sort((a, b) => a - b);
  return Object.fromEntries(
    statuses.map((status) => [status, answerOf(errors.filter((one) => one.status === status))]),
  );
}

function answerOf(errors: readonly ReturnType<typeof fail>[]): object {
  const examples = errors.map(({ code, type, message }) => [
    code,
    { summary: code, value: { success: false, error: { type, message: [message], code, request_id: 'REQUEST_ID' } } },
  ]);
  return {
    description: errors.map(({ code, message }) => `\`${code}\`: ${message}`).join('\n\n'),
    content: {
      'application/json': { schema: { $ref: '#/components/schemas/Error' }, examples: Object.fromEntries(examples) },
    },
  };
}
