import { areSameActions, areSameArn } from './flag-differences';

// @types/jest does not know it yet.
(expect as any).addEqualityTesters([areSameActions, areSameArn]);
