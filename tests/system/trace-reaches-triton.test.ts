import type { Metadata } from '@grpc/grpc-js';
import { Channel } from '../../gateway/triton/channel';
import { tritonService, type RpcName } from '../../gateway/triton/protocol';
import { rpcFailureOf } from '../../gateway/triton/rpc-failure';
import { makeNifti1 } from '../imaging/formats/nifti/make-nifti';
import { refuse, startFakeTriton, type Handlers } from '../triton/fake-triton';
import { infer, putModel } from './client';
import { brightConfig, identityModel } from './onnx-builder';
import { startRealTriton } from './real-triton';
import { startGateway } from './running-gateway';

interface Call {
  rpc: string;
  id?: string;
  traceparent: unknown[];
}

/** Passes every call on to a real Triton. */
function passOn(channel: Channel, calls: Call[]): Handlers {
  const forward = (rpc: RpcName) => {
    const kind = rpc === 'ModelInfer' ? 'infer' : /Model(Unl|L)oad/.test(rpc) ? 'load' : 'metadata';
    return (request: { id?: string }, metadata: Metadata): Promise<unknown> => {
      calls.push({ rpc, id: request.id, traceparent: metadata.get('traceparent') });
      return channel.call(rpc, request as never, { kind }).catch((error: unknown) => {
        const { code, details } = rpcFailureOf(error)!;
        throw refuse(code, details);
      });
    };
  };
  return Object.fromEntries(Object.keys(tritonService()).map((rpc) => [rpc, forward(rpc as RpcName)])) as Handlers;
}

test('each inference call carries the trace of its request to Triton, as a child of the gateway’s span', async () => {
  const triton = await startRealTriton();
  const channel = new Channel({ url: triton.grpcUrl });
  const calls: Call[] = [];
  const between = await startFakeTriton(passOn(channel, calls));
  const gateway = await startGateway({ tritonUrl: between.url, repository: triton.repository });
  try {
    const { inference, ...config } = brightConfig() as { inference: object };
    const args = { scanning_window: true, batch_size: 1, roi: [8, 8, 8] };
    const windows = { ...config, inference: { ...inference, args } };
    expect(await putModel(gateway.url, 'bright', windows, identityModel())).toMatchObject({ status: 200 });
    const image = makeNifti1({ dim: [8, 8, 20], datatype: 2, voxels: new Uint8Array(8 * 8 * 20) });
    const call = (id: string, headers: Record<string, string> = {}) =>
      infer(gateway.url, 'bright', image, { headers: { 'x-request-id': id, ...headers } });

    const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
    const traced = await call('traced', { traceparent: `00-${trace}-00f067aa0ba902b7-01` });
    expect(traced.status).toBe(200);
    const own = traced.headers.get('traceparent')!;
    expect(own).toMatch(new RegExp(`^00-${trace}-(?!00f067aa0ba902b7)[0-9a-f]{16}-01$`));
    const sent = (wanted: string) => calls.filter(({ rpc, id }) => rpc === 'ModelInfer' && id === wanted);
    expect(sent('traced').map(({ traceparent }) => traceparent)).toEqual([[own], [own], [own], [own]]);

    expect((await call('untraced')).status).toBe(200);
    expect(sent('untraced').map(({ traceparent }) => traceparent)).toEqual([[], [], [], []]);
  } finally {
    await gateway.stop();
    channel.close();
    between.stop();
    await triton.stop();
  }
});
