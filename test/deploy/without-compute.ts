import assert from 'node:assert/strict';
import { Json, WrittenTemplate } from '../support/written';

/** Functions, which need Docker, containers and their network, and what scales them. */
const COMPUTE = ['ApplicationAutoScaling', 'CloudWatch', 'EC2', 'ECS', 'Lambda'];

/** Takes out what the engines cannot create, and what refers to it, such as the notifications of a bucket, which a function configures. */
export function withoutCompute(...otherServices: string[]): (template: WrittenTemplate) => void {
  const services = [...COMPUTE, ...otherServices].map(service => `AWS::${service}::`);
  return ({ Resources }) => {
    const remove = (ids: string[]): void => {
      ids.forEach(id => delete Resources[id]);
      const referring = Object.keys(Resources).filter(id => refersToAny(Resources[id].Properties, ids));
      if (referring.length > 0) remove(referring);
    };
    const compute = Object.keys(Resources).filter(id => services.some(service => Resources[id].Type.startsWith(service)));
    assert.notEqual(compute.length, 0);
    remove(compute);
    for (const resource of Object.values(Resources)) {
      if (resource.DependsOn) resource.DependsOn = [resource.DependsOn].flat().filter(id => id in Resources);
    }
  };
}

function refersToAny(value: Json, ids: string[]): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return ids.includes(value.Ref) || ids.includes(value['Fn::GetAtt']?.[0]) || Object.values(value).some(item => refersToAny(item, ids));
}
