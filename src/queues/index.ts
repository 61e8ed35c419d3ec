export * from './dead-letters';
export * from './large-payloads';
export * from './ordering';
export * from './reply-queue';
export * from './reply-queues';
export * from './request-response';
export * from './shared-dead-letter-queue';
export * from './work-queue';
