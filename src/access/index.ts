export * from './encryption';
export * from './service-source';
