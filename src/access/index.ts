export * from './encryption';
export * from './messaging-endpoints';
export * from './service-source';
