"""What ``django_pairchat.testing`` gives to the tests of a host."""
