import * as dimse from 'dcmjs-dimse';
import pLimit from 'p-limit';
import type { SourceFile } from '../import-image';
import { ask, checkDelivered, COMPRESSED, keepRaw, store } from './association';
import type { FetchTask, FoundSeries } from './series-request';
import { ReceivedFiles } from './received-files';

const { Scp, Server } = dimse;
const { PresentationContextResult, SopClass, Status, TransferSyntax } = dimse.constants;

const takenSyntaxes = new Set<string>([
  ...COMPRESSED,
  TransferSyntax.ExplicitVRLittleEndian,
  TransferSyntax.ImplicitVRLittleEndian,
]);
/** Storage classes are numbered below this UID (PS3.4, table B.5-1), also those that are newer than the library. */
const STORAGE = '1.2.840.10008.5.1.4.1.1.';
const isTaken = (sopClass: string) => sopClass.startsWith(STORAGE) || sopClass === SopClass.Verification;

/** One C-MOVE at a time: the images come to one port, and do not say who asked for them. */
const inTurn = pLimit(1);

/**
 * Asks the PACS to send the series to our AE title and takes it on `movePort`. The PACS must know title, address and port of this server.
 * @throws Error when the PACS refuses
 */
export function fetchByMove(task: FetchTask, found: FoundSeries): Promise<SourceFile[]> {
  return inTurn(() => moveNow(task, found));
}

async function moveNow(task: FetchTask, { study, series }: FoundSeries): Promise<SourceFile[]> {
  task.signal.throwIfAborted();
  const files = new ReceivedFiles(task.folder, task.options.maxBytes);
  const server = new Server(receiver(task.options.aeTitle, files));
  const failed = new Promise<never>((_, reject) => server.on('networkError', reject));
  failed.catch(() => undefined);
  try {
    server.listen(task.options.movePort);
    const request = dimse.requests.CMoveRequest.createSeriesMoveRequest(task.options.aeTitle, study, series);
    checkDelivered(await Promise.race([ask(task, request), failed]), files);
    return files.list;
  } finally {
    server.close();
  }
}

/** A storage server for one transfer: takes images sent to our title. */
function receiver(aeTitle: string, files: ReceivedFiles): typeof Scp {
  return class Receiver extends Scp {
    override createDatasetFromStoreWritableStream = keepRaw;

    override associationRequested(association: dimse.association.Association): void {
      if (association.getCalledAeTitle() !== aeTitle) {
        this.sendAssociationReject();
        return;
      }
      for (const { context } of association.getPresentationContexts() as unknown as {
        context: dimse.association.PresentationContext;
      }[]) {
        const syntax = context.getTransferSyntaxUids().find((uid) => takenSyntaxes.has(uid));
        if (syntax && isTaken(context.getAbstractSyntaxUid()))
          context.setResult(PresentationContextResult.Accept, syntax);
        else context.setResult(PresentationContextResult.RejectAbstractSyntaxNotSupported);
      }
      this.sendAssociationAccept();
    }

    override associationReleaseRequested(): void {
      this.sendAssociationReleaseResponse();
    }

    override cEchoRequest(
      request: dimse.requests.CEchoRequest,
      answer: (response: dimse.responses.CEchoResponse) => void,
    ): void {
      const response = dimse.responses.CEchoResponse.fromRequest(request);
      response.setStatus(Status.Success);
      answer(response);
    }

    override cStoreRequest(
      request: dimse.requests.CStoreRequest,
      answer: (response: dimse.responses.CStoreResponse) => void,
    ): void {
      store(request, files).then(answer, () => {
        const response = dimse.responses.CStoreResponse.fromRequest(request);
        response.setStatus(Status.ProcessingFailure);
        answer(response);
      });
    }
  };
}
