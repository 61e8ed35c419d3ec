import { CdkDecoupleProject } from './projenrc/project';

new CdkDecoupleProject().synth();
