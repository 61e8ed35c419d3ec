import { BatchProcessor, EventType, SqsFifoPartialProcessorAsync, processPartialResponse } from '@aws-lambda-powertools/batch';
import { describeBatches } from './batch-checks';

const processed: string[] = [];
const failedOnce = new Set<string>();

describeBatches({
  name: 'Powertools for AWS Lambda (TypeScript)',
  invoke: async (processor, event: any) => {
    const work = async ({ body }: { body: string }) => {
      if (body.includes('poison')) throw new Error(body);
      if (body.includes('once') && !failedOnce.has(body)) {
        failedOnce.add(body);
        throw new Error(`${body} fails the first time`);
      }
      processed.push(body);
    };
    return processor === 'standard'
      ? processPartialResponse(event, work, new BatchProcessor(EventType.SQS))
      : processPartialResponse(event, work, new SqsFifoPartialProcessorAsync(), { skipGroupOnError: processor === 'fifo, by group' });
  },
  processed: async () => processed.splice(0),
});
