"""What happens when two people do it at the same moment?"""
