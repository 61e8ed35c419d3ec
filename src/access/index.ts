export * from './service-source';
